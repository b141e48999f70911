package main

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gokern/gokern/gpm"
)

// TestTrace: every measured request has all stages, each of which ends after the one
// before, and together they are its latency.
func TestTrace(t *testing.T) {
	o := options{mode: "http", duration: 300 * time.Millisecond, rate: 200, cpus: 1, alone: true, trace: true, clock: "task"}
	r, err := measureHTTP(o, plainWorld(), nil, &progress{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests != 60 || len(r.trace.all) != r.Requests {
		t.Fatalf("%d requests, %d traced; want 60", r.Requests, len(r.trace.all))
	}
	var sum, total time.Duration
	for _, took := range r.trace.all {
		for i, d := range took {
			if d < 0 {
				t.Errorf("%s: %v", stages[i].name, d)
			}
			sum += d
		}
	}
	for _, d := range r.sorted {
		total += d
	}
	if d := sum - total; d < 0 || d > 60*10*time.Millisecond { // noted after the answer
		t.Errorf("the stages take %v, the requests %v", sum, total)
	}
	var b strings.Builder
	if err := r.trace.write(&b, "plain"); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.TrimSpace(b.String()), "\n"); n != len(stages)+3 {
		t.Errorf("%d rows, want %d:\n%s", n, len(stages)+3, b.String())
	}
}

// TestTraceTasks: the kernel says of what the waits for the clock and for a request
// consist, and the parts together are the stage.
func TestTraceTasks(t *testing.T) {
	o := options{mode: "http", duration: 300 * time.Millisecond, rate: 200, alone: true, trace: true, clock: "task"}
	w, err := kernelWorld(gpm.Config{})
	if errors.Is(err, gpm.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := measureHTTP(o, w, nil, &progress{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.end(); err != nil {
		t.Fatal(err)
	}
	if n := len(r.trace.accepts()); n < 60/10 {
		t.Errorf("%d connections accepted, of 60 requests", n)
	}
	if r.trace.skew > 10*time.Millisecond {
		t.Errorf("a wake-up is %v outside the stage that it ends", r.trace.skew)
	}
	for _, i := range []int{0, 3} {
		if len(r.trace.waits[i]) == 0 {
			t.Errorf("%s: no wait was noted", stages[i].name)
		}
		stage := map[time.Duration]bool{}
		for _, took := range r.trace.all {
			stage[took[i]] = true
		}
		for _, p := range r.trace.waits[i] {
			var sum time.Duration
			for _, d := range p {
				sum += d
			}
			if !stage[sum] {
				t.Errorf("%s: the parts %v take %v, as no request did", stages[i].name, p, sum)
			}
		}
	}
	var b strings.Builder
	if err := r.trace.write(&b, "tasks"); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.TrimSpace(b.String()), "\n"); n != len(stages)+3+2*len(partNames) {
		t.Errorf("%d rows:\n%s", n, b.String())
	}
}

// TestUnloaded: -unloaded measures each half twice, and without load there is none.
func TestUnloaded(t *testing.T) {
	var out strings.Builder
	err := run([]string{"-mode", "queue", "-unloaded", "-half", "plain", "-duration", "200ms", "-rate", "100", "-json"}, &out, io.Discard)
	if err != nil && !errors.Is(err, gpm.ErrUnsupported) {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	if r.Kernel != nil || r.Plain == nil || r.Plain.Unloaded == nil {
		t.Fatalf("got %s", out.String())
	}
	if u := r.Plain.Unloaded; u.Requests != 20 || u.Work != 0 || r.Plain.Work <= 0 {
		t.Errorf("without load: %d requests, work %g; with: work %g", u.Requests, u.Work, r.Plain.Work)
	}
}

// TestUnloadedTable: the ratio of p99.9 with load to that without is printed.
func TestUnloadedTable(t *testing.T) {
	r := sample(1000)
	unloaded := sample(100)
	r.Plain.Unloaded, r.Kernel.Unloaded = unloaded.Plain, unloaded.Kernel
	var b strings.Builder
	if err := r.write(options{}, &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"p99.9 without load 10.000 ms 0.100 ms", "with load 9.99× 9.99×"} {
		if !hasLine(b.String(), want) {
			t.Errorf("no line %q in\n%s", want, b.String())
		}
	}
	r.Kernel.Unloaded.Failed, r.Kernel.Unloaded.first = 1, io.ErrUnexpectedEOF
	if err := r.failures(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a failure without load: %v", err)
	}
}
