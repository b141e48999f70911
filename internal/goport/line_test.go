//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"math"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLineBatch(t *testing.T) {
	l := NewLine()
	if l.Pending() || l.Take().Count != 0 {
		t.Fatal("a new line has something")
	}
	expect := func(want Batch) {
		t.Helper()
		if got := l.Take(); got != want {
			t.Errorf("took %+v, want %+v", got, want)
		}
		if l.Pending() {
			t.Error("something is left")
		}
	}
	if !l.Add(Batch{1, 1000, 1000}) || l.Add(Batch{2, 1500, 1512}) {
		t.Error("the first is first, and the second is not")
	}
	expect(Batch{3, 1000, 1512})
	l.Add(Batch{1, 5000, 5000})
	l.Add(Batch{1, 4488, 4700}) // earlier
	expect(Batch{2, 4488, 5000})
	l.Add(Batch{math.MaxUint32, 1, 1})
	l.Add(Batch{5, 1, math.MaxInt64})
	expect(Batch{math.MaxUint32, 1, 1 + math.MaxUint32<<laterShift})
}

// Nothing is lost or taken twice.
func TestLineConcurrent(t *testing.T) {
	const adders, each = 4, 20000
	l := NewLine()
	var all sync.WaitGroup
	firsts := make([]int, adders)
	for n := range adders {
		all.Go(func() {
			for range each {
				if l.Add(Batch{1, 7, 7}) {
					firsts[n]++
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	sum, batches := 0, 0
	take := func() {
		if b := l.Take(); b.Count != 0 {
			sum += int(b.Count)
			batches++
		}
	}
	for end := false; !end; take() {
		select {
		case <-done:
			end = true
		default:
		}
	}
	for _, n := range firsts {
		batches -= n
	}
	if sum != adders*each || batches != 0 {
		t.Errorf("took %d of %d, and %d batches more than firsts", sum, adders*each, batches)
	}
}

// The table of lines is aligned for CMPXCHG16B, and Go has one handler for all its
// signals, which is how OpenLine knows it.
func TestCanaryHandlers(t *testing.T) {
	if lineBase&15 != 0 {
		t.Errorf("the lines are at %#x", lineBase)
	}
	var urg sigaction
	if err := rtSigaction(int(unix.SIGURG), nil, &urg); err != nil {
		t.Fatal(err)
	}
	// Not SIGHUP and SIGINT, which Go leaves ignored where they are (nohup).
	for _, sig := range []unix.Signal{unix.SIGUSR1, unix.SIGUSR2, unix.SIGTERM, unix.SIGPIPE, unix.SIGALRM, 36, 42, 64} {
		var a sigaction
		if err := rtSigaction(int(sig), nil, &a); err != nil {
			t.Fatal(err)
		}
		if a.handler != urg.handler || a.flags != urg.flags || a.mask != urg.mask || a.restorer != urg.restorer {
			t.Errorf("%v has %+v, SIGURG %+v", sig, a, urg)
		}
	}
}
