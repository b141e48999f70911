package main

import (
	"bytes"
	"strings"
	"testing"
)

// invoke runs the program in this process.
func invoke(args ...string) (stdout, stderr string, status int) {
	var out, err bytes.Buffer
	status = run(args, &out, &err)
	return out.String(), err.String(), status
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		out    string // what stdout must contain, "" for nothing there
		err    string // the same of stderr
	}{
		{"", 2, "", "Usage:"},
		{"surgeon", 2, "", `unknown command "surgeon"`},
		{"doctor now", 2, "", `unexpected argument "now"`},
		{"doctor -xml", 2, "", "-xml"},
		{"doctor -h", 0, "", "-json"},
		{"version please", 2, "", `unexpected argument "please"`},
		{"version", 0, "gokern ", ""},
		{"help", 0, "Usage:", ""},
		{"-h", 0, "Usage:", ""},
	} {
		out, err, status := invoke(strings.Fields(c.args)...)
		if status != c.status {
			t.Errorf("gokern %s: exit status %d, want %d", c.args, status, c.status)
		}
		for name, got := range map[string][2]string{"stdout": {out, c.out}, "stderr": {err, c.err}} {
			if !strings.Contains(got[0], got[1]) || got[1] == "" && got[0] != "" {
				t.Errorf("gokern %s: %s is %q, want %q in it", c.args, name, got[0], got[1])
			}
		}
	}
}
