package main

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
)

// sections are the headings of the text form, in order.
func sections(text string) (list []string) {
	for _, l := range strings.Split(text, "\n")[1:] {
		if l != "" && l[0] != ' ' {
			list = append(list, l)
		}
	}
	return list
}

// decode reads the JSON form, which must be one object without unknown keys.
func decode(t *testing.T, text string) *report {
	t.Helper()
	var keys map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, key := range []string{"go", "os", "arch", "kernel", "capabilities", "items", "checks", "seen", "verdict", "error"} {
		if v, ok := keys[key]; !ok || string(v) == "null" {
			t.Errorf("%q is %s", key, v)
		}
	}
	r := new(report)
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		t.Fatal(err)
	}
	if r.Go != runtime.Version() || r.OS != runtime.GOOS || r.Arch != runtime.GOARCH {
		t.Errorf("go, os, arch are %q, %q, %q", r.Go, r.OS, r.Arch)
	}
	for _, c := range r.Capabilities {
		if c.Group == "" || c.Name == "" || c.Value == "" || c.Source == "" || c.Status == "" {
			t.Errorf("incomplete capability %+v", c)
		}
	}
	return r
}

// The exit status, the last line and the JSON form must agree, whatever this
// machine can do.
func TestDoctorAgrees(t *testing.T) {
	text, _, status := invoke("doctor")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	last := lines[len(lines)-1]
	verdict, _, _ := strings.Cut(strings.TrimPrefix(last, "preemption: "), ":")
	if verdict != full && verdict != limited && verdict != none {
		t.Fatalf("last line is %q", last)
	}
	if (status == 0) != (verdict == full) || status > 1 {
		t.Errorf("exit status %d with %q", status, last)
	}
	out, _, status2 := invoke("doctor", "-json")
	r := decode(t, out)
	if r.Verdict != verdict || status2 != status {
		t.Errorf("JSON says %q with exit status %d, text %q with %d", r.Verdict, status2, verdict, status)
	}
	if (r.Error == "") != (verdict == full) {
		t.Errorf("verdict %q with error %q", verdict, r.Error)
	}
}
