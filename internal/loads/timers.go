package loads

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Loads of time and of contexts. Only "too early" and "never" are wrong: how
// late is the machine's affair.
var timers = []Load{
	{Name: "timers/sleep", Run: sleep},
	{Name: "timers/afterfunc", Run: afterFunc},
	{Name: "timers/ticker", Run: ticker},
	{Name: "timers/stop", Run: repeat(4, stopTimers)},
	{Name: "timers/context", Run: contextTimeout},
	{Name: "timers/cancel", Run: contextCancel},
}

func sleep(r *rand.Rand) error {
	d := time.Duration(r.IntN(2000)) * time.Microsecond
	start := time.Now()
	time.Sleep(d)
	if slept := time.Since(start); slept < d {
		return damaged("timer", "slept %v of %v", slept, d)
	}
	return nil
}

func afterFunc(r *rand.Rand) error {
	const n = 10
	fired := make(chan error, n)
	for range n {
		d := time.Duration(r.IntN(1000)) * time.Microsecond
		start := time.Now()
		time.AfterFunc(d, func() {
			if since := time.Since(start); since < d {
				fired <- damaged("timer", "one of %v fired after %v", d, since)
				return
			}
			fired <- nil
		})
	}
	var err error
	for range n {
		if e := <-fired; e != nil {
			err = e
		}
	}
	return err
}

func ticker(r *rand.Rand) error {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for range 3 {
		d := time.Duration(1+r.IntN(300)) * time.Microsecond
		start := time.Now()
		t.Reset(d)
		at := <-t.C
		if since := at.Sub(start); since < d {
			return damaged("timer", "a ticker reset to %v ticked after %v", d, since)
		}
	}
	return nil
}

// stopTimers stops timers in a race with their firing: a timer that Stop calls
// stopped must not fire, and one that it calls fired must have.
func stopTimers(r *rand.Rand) error {
	for range 20 {
		var ran atomic.Int32
		done := make(chan struct{})
		t := time.AfterFunc(time.Duration(r.IntN(100))*time.Microsecond, func() {
			ran.Add(1)
			close(done)
		})
		for range r.IntN(2000) {
			_ = ran.Load()
		}
		if !t.Stop() {
			<-done
		} else if ran.Load() != 0 {
			return damaged("timer", "a stopped one fired")
		}
		if n := ran.Load(); n > 1 {
			return damaged("timer", "one fired %d times", n)
		}
	}
	return nil
}

func contextTimeout(r *rand.Rand) error {
	d := time.Duration(r.IntN(500)) * time.Microsecond
	start := time.Now()
	parent, cancelParent := context.WithTimeout(context.Background(), d)
	defer cancelParent()
	child, cancel := context.WithTimeout(parent, patience)
	defer cancel()
	<-child.Done()
	if since := time.Since(start); since < d {
		return damaged("timer", "a context of %v ended after %v", d, since)
	}
	if !errors.Is(child.Err(), context.DeadlineExceeded) {
		return damaged("context", "it ended with %v", child.Err())
	}
	return nil
}

// contextCancel cancels the root of a tree of contexts, for each of which a
// goroutine and a function wait.
func contextCancel(r *rand.Rand) error {
	cause := errors.New("cause")
	root, cancel := context.WithCancelCause(context.Background())
	const n = 20
	ended, called := make(chan error, n), make(chan struct{}, n)
	parent := root
	for range n {
		ctx, stop := context.WithCancel(parent)
		defer stop()
		context.AfterFunc(ctx, func() { called <- struct{}{} })
		go func() {
			<-ctx.Done()
			ended <- context.Cause(ctx)
		}()
		if r.IntN(2) == 0 {
			parent = ctx
		}
	}
	cancel(cause)
	var err error
	for range n {
		if got := <-ended; got != cause {
			err = damaged("context", "its cause is %v, want %v", got, cause)
		}
		<-called
	}
	return err
}
