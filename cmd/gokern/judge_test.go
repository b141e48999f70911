package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		off     string
		booted  bool
		err     error
		verdict string
		why     string
	}{
		{"all is well", "", true, nil, full, ""},
		{"no kernel", "", false, broken, none, "broken"},
		{"no kernel, and a setting", "asyncpreemptoff=1", false, broken, none, "asyncpreemptoff=1"},
		{"self-test failed", "", true, broken, limited, "broken"},
		{"setting", "asyncpreemptoff=1", true, nil, limited, "asyncpreemptoff=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r report
			r.judge(c.off, c.booted, c.err)
			if r.Verdict != c.verdict || !strings.Contains(r.Error, c.why) || (r.Error == "") != (c.verdict == full) {
				t.Errorf("verdict %q because %q, want %q because of %q", r.Verdict, r.Error, c.verdict, c.why)
			}
		})
	}
}

func TestHasN(t *testing.T) {
	for gcflags, want := range map[string]bool{
		"": false, "all=-N -l": true, "-l -N": true, "all=-l": false, "-m=2": false, "all=-d=ssa/check/on": false,
	} {
		if hasN(gcflags) != want {
			t.Errorf("-gcflags=%q: %v, want %v", gcflags, !want, want)
		}
	}
}

func TestChanged(t *testing.T) {
	var before, after [signals + 1]uintptr
	if got := changed(before, after); got != 0 {
		t.Errorf("nothing changed, got %d", got)
	}
	after[signals] = 7
	if got := changed(before, after); got != signals {
		t.Errorf("got %d, want %d", got, signals)
	}
}

// A report with everything that can go wrong must say so.
func TestTextOfFailures(t *testing.T) {
	r := &report{Verdict: limited, Error: "first\nsecond"}
	r.add(groupSystem, "FSGSBASE", "no", "auxiliary vector", missing)
	r.add(groupBuild, "preemption by signals", "off", "GODEBUG", limits)
	long := strings.Repeat("long ", 30)
	r.add(groupBuild, "symbols", long, "left out beside so long a value", missing)
	r.Checks = []check{
		{Name: "a task is woken", Took: time.Second, Note: "seen"},
		{Name: "a task migrates", Took: 1, Note: "one CPU", Skipped: true},
		{Name: "a task ends", Took: 2 * time.Second, Error: "did not happen"},
	}
	var b bytes.Buffer
	writeExamination(&b, r)
	writeExercise(&b, r)
	for _, want := range []string{
		"  MISSING  FSGSBASE  no  auxiliary vector\n",
		"  LIMITS   preemption by signals  off  GODEBUG\n",
		long + "\n",
		"  ok       a task is woken  1s  seen\n",
		"  skipped  a task migrates  -   one CPU\n",
		"  FAILED   a task ends      2s  did not happen\n",
		"\npreemption: limited: first; second\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
}
