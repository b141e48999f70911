//go:build !(linux && amd64 && go1.25 && !go1.28)

package main

import (
	"strings"
	"testing"
)

// Where there is no port the doctor says so, and what it would need.
func TestUnsupported(t *testing.T) {
	text, _, status := invoke("doctor")
	if status != exitNot {
		t.Errorf("exit status %d, want %d", status, exitNot)
	}
	have := sections(text)
	if last := have[len(have)-1]; !strings.HasPrefix(last, "preemption: none: ") {
		t.Errorf("last line is %q", last)
	}
	for _, want := range []string{"MISSING  port to Go's runtime", "linux/amd64"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	out, _, _ := invoke("doctor", "-json")
	if r := decode(t, out); r.Verdict != none || len(r.Items)+len(r.Checks) != 0 {
		t.Errorf("verdict %q, items %v, checks %v", r.Verdict, r.Items, r.Checks)
	}
}
