package loads

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
)

// Loads that look at goroutines while these are preempted.
var inspections = []Load{
	{Name: "inspections/callers", Run: repeat(10, callers)},
	{Name: "inspections/self", Run: repeat(4, stackOfSelf)},
	{Name: "inspections/all", Run: stackOfAll, Heavy: true},
	{Name: "inspections/profile", Run: goroutineProfile, Heavy: true},
	{Name: "inspections/memstats", Run: memStats, Heavy: true},
}

// atDepth calls f below n frames of its own.
//
//go:noinline
func atDepth(n int, f func() error) error {
	if n == 0 {
		return f()
	}
	err := atDepth(n-1, f)
	return err // not in tail position, in case those ever lose their frames
}

func callers(r *rand.Rand) error {
	n := r.IntN(40)
	return atDepth(n, func() error {
		var pcs [100]uintptr
		frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
		found := 0
		for {
			f, more := frames.Next()
			if strings.HasSuffix(f.Function, "loads.atDepth") {
				found++
			}
			if !more {
				break
			}
		}
		if found != n+1 {
			return damaged("stack", "Callers found %d frames of atDepth, want %d", found, n+1)
		}
		return nil
	})
}

func stackOfSelf(r *rand.Rand) error {
	n := r.IntN(40)
	return atDepth(n, func() error {
		b := make([]byte, 32<<10)
		s := string(b[:runtime.Stack(b, false)])
		// The function shows up once for each frame and in no other place.
		if found := strings.Count(s, "loads.atDepth("); found != n+1 || !strings.HasPrefix(s, "goroutine ") {
			return damaged("stack", "its trace has %d frames of atDepth, want %d: %s", found, n+1, s)
		}
		return nil
	})
}

// stackBuffer is shared, for a trace of everything is large; the lock keeps
// those who want one from stopping the world over and over at once.
var stackBuffer struct {
	sync.Mutex
	bytes []byte
}

func stackOfAll(*rand.Rand) error {
	c := make(chan struct{})
	go parkHere(c)
	<-c // before it has begun, the trace shows the go statement's wrapper
	defer func() { c <- struct{}{}; <-c }()
	stackBuffer.Lock()
	defer stackBuffer.Unlock()
	if stackBuffer.bytes == nil {
		stackBuffer.bytes = make([]byte, 4<<20)
	}
	b := stackBuffer.bytes
	b = b[:runtime.Stack(b, true)]
	if !bytes.HasPrefix(b, []byte("goroutine ")) || !bytes.Contains(b, []byte("loads.stackOfAll")) {
		return damaged("stack", "the trace of all goroutines begins %.200q", b)
	}
	if len(b) < cap(b) && !bytes.Contains(b, []byte("loads.parkHere")) {
		return damaged("goroutine", "the trace of all goroutines lacks one that lives")
	}
	return nil
}

func parkHere(c chan struct{}) {
	defer close(c)
	c <- struct{}{}
	<-c
}

// goroutineProfile looks for a label of its own in the profile.
func goroutineProfile(r *rand.Rand) (err error) {
	id := fmt.Sprintf("id-%x", r.Uint64())
	pprof.Do(context.Background(), pprof.Labels("load", id), func(context.Context) {
		var b bytes.Buffer
		if err = pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
			return
		}
		if !strings.HasPrefix(b.String(), "goroutine profile: total ") || !strings.Contains(b.String(), id) {
			err = damaged("goroutine", "the profile lacks the label %s: %.200q", id, b.String())
			return
		}
		b.Reset()
		if err = pprof.Lookup("goroutine").WriteTo(&b, 0); err == nil && b.Len() == 0 {
			err = damaged("goroutine", "the profile is empty")
		}
	})
	return err
}

func memStats(*rand.Rand) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	x := make([]byte, 1<<20)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n < uint64(len(x)) {
		return damaged("heap", "an allocation of %d counts as %d", len(x), n)
	}
	runtime.KeepAlive(x)
	return nil
}
