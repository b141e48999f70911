package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/goport"
)

// shutdownTimeout is longer than a failed self-test's tasks can still spin.
const shutdownTimeout = time.Minute

// doctor examines, boots, tests and judges; it returns the exit status. The
// text form is printed as it is found: should booting crash, what led to it is
// on the screen.
func doctor(asJSON bool, stdout, stderr io.Writer) int {
	r := examine()
	if !asJSON {
		writeExamination(stdout, r)
	}
	booted, err := exercise(r, stderr)
	r.judge(goport.AsyncPreemptOff(), booted, err)
	if asJSON {
		if err := writeJSON(stdout, r); err != nil {
			fmt.Fprintln(stderr, "gokern doctor:", err)
			return exitNot
		}
	} else {
		writeExercise(stdout, r)
	}
	if r.Verdict != full {
		return exitNot
	}
	return exitFull
}

// examine looks at everything that can be known without changing anything.
func examine() *report {
	r := &report{
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Kernel: kernelRelease(),
		Capabilities: []capability{}, Items: []item{}, Checks: []check{}, Seen: []count{},
	}
	addSystem(r)
	addBuild(r)
	addPort(r)
	return r
}

// exercise boots a kernel, has it test itself and shuts it down. booted tells a
// machine without a kernel from one whose kernel misbehaved.
func exercise(r *report, stderr io.Writer) (booted bool, err error) {
	config := gpm.Config{Logger: slog.New(slog.NewTextHandler(stderr, nil))}
	if runtime.NumCPU() == 1 {
		config.CPUs = 2 // sharing one CPU, so that a task can migrate
	}
	before := handlers()
	k, err := gpm.Boot(config)
	if err != nil {
		return false, err
	}
	stats := k.Stats()
	addBooted(r, stats, changed(before, handlers()))

	err = selfTest(r, k)
	total := k.Stats().Total
	r.Seen = append(r.Seen,
		count{"tasks switched in", total.Switches},
		count{"preempted between any two instructions", total.Async},
		count{"preempted at a function's prologue", total.Sync},
		count{"blocked", total.Parks},
		count{"resumed on another CPU", total.Migrations},
		count{"timer interrupts", total.Ticks},
		count{"inter-processor interrupts", total.IPIs},
	)

	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	stopped := k.Shutdown(ctx)
	left := patched()
	r.add(groupKernel, "shut down", describeShutdown(stopped, left), "the code in memory", have(stopped == nil && left == 0))
	switch {
	case err != nil:
		return true, fmt.Errorf("self-test: %w", err)
	case stopped != nil:
		return true, fmt.Errorf("shutting down: %w", stopped)
	case left != 0:
		return true, fmt.Errorf("shutting down: %d call sites are not restored", left)
	}
	return true, nil
}

// selfTest adds the checks; the error names the first that failed.
func selfTest(r *report, k *gpm.Kernel) error {
	checks, err := k.SelfTest()
	for _, c := range checks {
		failure := ""
		if c.Err != nil {
			failure = c.Err.Error()
		}
		r.Checks = append(r.Checks, check{c.Name, c.Took, c.Note, c.Skipped, failure})
	}
	return err
}

func describeShutdown(err error, left int) string {
	switch {
	case err != nil:
		return err.Error()
	case left != 0:
		return fmt.Sprintf("%d call sites are not restored", left)
	}
	return "the runtime's text is restored"
}

// addBooted adds what a booted kernel shows of itself. signal is the one that
// got a new handler, 0 if none was seen to.
func addBooted(r *report, s gpm.Stats, signal int) {
	var pins []string
	for _, c := range s.CPUs {
		pins = append(pins, strconv.Itoa(c.Pin))
	}
	const most = 16 // more would not fit into a line
	if len(pins) > most {
		pins = append(pins[:most], "...")
	}
	r.add(groupKernel, "virtual CPUs", fmt.Sprintf("%d, pinned to %s", len(s.CPUs), strings.Join(pins, " ")), "Kernel.Stats", good)
	n := patched()
	r.add(groupKernel, "text pages can be written", fmt.Sprintf("yes, %d call sites are retargeted", n), "the code in memory", have(n > 0))
	r.add(groupKernel, "interrupts", describeSignal(signal), "rt_sigaction", have(signal != 0))
	where, st := "between any two instructions", good
	if goport.AsyncPreemptOff() != "" {
		where, st = "at function prologues only", limits
	}
	r.add(groupKernel, "tasks can be preempted", where, "GODEBUG; seen below", st)
	r.add(groupKernel, "scheduling", fmt.Sprintf("%v, %v %d-%d, %v %d-%d", gpm.Normal,
		gpm.FIFO, gpm.MinPriority, gpm.MaxPriority, gpm.RR, gpm.MinPriority, gpm.MaxPriority), "package gpm", info)
	r.add(groupKernel, "preemption model", s.Preemption.String(), "Kernel.Stats", info)
	r.add(groupKernel, "GOMAXPROCS while it runs", strconv.Itoa(runtime.GOMAXPROCS(0)), "runtime.GOMAXPROCS", info)
}

func describeSignal(n int) string {
	const rtmin = 34 // as libc numbers them; Linux's own starts at 32
	if n == 0 {
		return "no signal got a new handler"
	}
	if n < rtmin {
		return fmt.Sprintf("signal %d", n)
	}
	return fmt.Sprintf("signal %d (SIGRTMIN+%d)", n, n-rtmin)
}

// judge sets the verdict, and why. off is what turns preemption by signals off.
func (r *report) judge(off string, booted bool, err error) {
	switch {
	case !booted:
		r.Verdict, r.Error = none, err.Error()
		if off != "" {
			r.Error += " (with GODEBUG=" + off + ")"
		}
	case err != nil:
		r.Verdict, r.Error = limited, err.Error()
	case off != "":
		r.Verdict = limited
		r.Error = "GODEBUG=" + off + " turns Go's preemption by signals off; tasks are preempted at function prologues only"
	default:
		r.Verdict = full
	}
}
