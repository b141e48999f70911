package main

import (
	"fmt"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/measure"
)

const interval = 100 * time.Microsecond

// sleep compares how late a sleep of 100 µs ends: until the sleeper's first
// instruction, on the core that all sides but the goroutines are pinned to.
//
// Ours is a FIFO task of a virtual CPU; its thread is an ordinary one for Linux.
// So is cyclictest's, where Linux may end a sleep up to 50 µs late, to spare
// wake-ups (the timer slack). cyclictest -p 90 is a real-time thread, which has
// no slack and is ahead of all others.
//
// cyclictest sleeps until a time, by one system call. The Go sides sleep for a
// time, so their way into the sleep counts as lateness.
func sleep(o options, cpus []int) *comparison {
	core := cpus[len(cpus)-1]
	const ours, plain, c, rt = "gpm.Sleep", "time.Sleep", "cyclictest", "cyclictest -p 90"
	return &comparison{
		name:    "sleep",
		what:    fmt.Sprintf("lateness of a sleep of %v on CPU %d, %d hogs, %v for each side", interval, core, o.hogs, o.duration),
		metrics: times,
		sides: []side{
			{ours, func() (measures, error) {
				return in(tasks, gpm.Config{CPUs: 1, Pin: []int{core}}, func(w world) (measures, error) {
					return sleeper(o, w, o.hogs, gpm.Sleep)
				})
			}},
			{plain, func() (measures, error) {
				return in(goroutines, gpm.Config{CPUs: len(cpus)}, func(w world) (measures, error) {
					return sleeper(o, w, o.hogs*len(cpus), time.Sleep)
				})
			}},
			{c, func() (measures, error) { return cyclictest(o, core) }},
			{rt, func() (measures, error) { return cyclictest(o, core, "-p", "90") }},
		},
		targets: []target{{"mean", c, 1.2}, {"p99", c, 1.2}, {"mean", plain, 1.0 / 5}},
	}
}

// times are the metrics of a distribution of times.
var times = []metric{{name: "mean", show: duration}, {name: "p50", show: duration}, {name: "p99", show: duration}, {name: "max", show: duration}}

// rtAttr is that of what is woken.
var rtAttr = gpm.Attr{Policy: gpm.FIFO, Priority: 50}

// sleeper sleeps again and again beside hogs.
func sleeper(o options, w world, hogs int, sleep func(time.Duration)) (measures, error) {
	stop, err := hog(w, hogs, gpm.Attr{})
	if err != nil {
		return nil, err
	}
	defer stop()
	samples := make([]time.Duration, 0, o.duration/interval+1)
	done := make(chan struct{})
	if err := w.start(rtAttr, func() {
		defer close(done)
		for begin := time.Now(); time.Since(begin) < o.duration; {
			before := time.Now()
			sleep(interval)
			samples = append(samples, time.Since(before)-interval)
		}
	}); err != nil {
		return nil, err
	}
	<-done
	return spread(samples), nil
}

// hog starts n that compute until stop is called.
func hog(w world, n int, attr gpm.Attr) (stop func(), err error) {
	var stopped atomic.Bool
	for range n {
		if err := w.start(attr, func() { compute(&stopped) }); err != nil {
			return nil, err
		}
	}
	return func() { stopped.Store(true) }, nil
}

func compute(stopped *atomic.Bool) {
	for !stopped.Load() {
	}
}

// hogThreads is hog with ordinary threads on the machine's CPU core.
func hogThreads(n, core int) (stop func() error) {
	var stopped atomic.Bool
	ended := make(chan error, n)
	for range n {
		go func() { ended <- measure.OnThread(core, func() { compute(&stopped) }) }()
	}
	return func() (err error) {
		stopped.Store(true)
		for range n {
			if e := <-ended; e != nil {
				err = e
			}
		}
		return err
	}
}
