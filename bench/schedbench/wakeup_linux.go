package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/measure"
)

// pause is how long the waker spins between two wake-ups.
const pause = 200 * time.Microsecond

// wakeup compares how soon one that is woken from another CPU runs where a
// CPU is busy: from before the wake-up to the first instruction afterwards.
//
// Ours is a channel send by a task on the first CPU to a FIFO task on the last,
// where Normal tasks compute. The C side is what any such thing is built on: a
// signal to a thread that computes there, up to the handler's first
// instruction; nothing is switched. The waker spins in both.
func wakeup(o options, cpus []int) *comparison {
	hogs := max(1, o.hogs)
	first, last := cpus[0], cpus[len(cpus)-1]
	const ours, plain, c = "tasks", "goroutines", "C, pthread_kill"
	both := func(kernel bool) func() (measures, error) {
		return func() (measures, error) {
			if first == last {
				return nil, errOneCPU
			}
			return in(kernel, gpm.Config{CPUs: 2, Pin: []int{first, last}}, func(w world) (measures, error) { return waker(o, w, hogs) })
		}
	}
	return &comparison{
		name:    "wakeup",
		what:    fmt.Sprintf("from a wake-up on CPU %d to running on CPU %d, beside %d that compute there, %v for each side", first, last, hogs, o.duration),
		metrics: times,
		sides: []side{
			{ours, both(tasks)},
			{plain, both(goroutines)},
			{c, func() (measures, error) { return signals(o, first, last) }},
		},
		targets: []target{{"p50", c, 1.5}, {"p99", c, 3}},
	}
}

var errOneCPU = fmt.Errorf("%w: it needs two CPUs of the machine", errMissing)

// waker wakes one beside hogs, again and again.
func waker(o options, w world, hogs int) (measures, error) {
	woken := measure.NewWoken(int(o.duration/pause) + 1)
	attr := rtAttr
	attr.CPUs = []int{1}
	if err := w.start(attr, woken.Run); err != nil {
		return nil, err
	}
	stop, err := hog(w, hogs, gpm.Attr{CPUs: attr.CPUs})
	if err != nil {
		return nil, err
	}
	defer stop()
	done := make(chan struct{})
	if err := w.start(gpm.Attr{CPUs: []int{0}}, func() {
		defer close(done)
		begin := time.Now()
		woken.Wake(pause, func(int) bool { return time.Since(begin) < o.duration })
	}); err != nil {
		return nil, err
	}
	<-done
	return spread(woken.Samples), nil
}

//go:embed testdata/signal.c
var signalSource []byte

// signals compiles and runs the C side.
func signals(o options, sender, receiver int) (_ measures, err error) {
	if sender == receiver {
		return nil, errOneCPU
	}
	dir, err := os.MkdirTemp("", "schedbench")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	source, program := filepath.Join(dir, "signal.c"), filepath.Join(dir, "signal")
	if err := os.WriteFile(source, signalSource, 0o600); err != nil {
		return nil, err
	}
	if _, _, err := output(time.Minute, "apt-get install gcc libc6-dev", "gcc", "-O2", "-Wall", "-pthread", "-o", program, source); err != nil {
		return nil, err
	}
	out, _, err := output(time.Minute+o.duration, "", program, strconv.Itoa(sender), strconv.Itoa(receiver),
		strconv.FormatInt(pause.Microseconds(), 10), strconv.FormatInt(o.duration.Microseconds(), 10))
	if err != nil {
		return nil, err
	}
	samples, err := parseSamples(out)
	if err != nil {
		return nil, err
	}
	return spread(samples), nil
}

// parseSamples reads a number of ns from each line.
func parseSamples(out string) (samples []time.Duration, err error) {
	for line := range strings.Lines(out) {
		ns, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			return nil, err
		}
		samples = append(samples, time.Duration(ns))
	}
	return samples, nil
}
