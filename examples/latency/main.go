package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/gokern/gokern/gpm"
)

// options are what the flags set.
type options struct {
	mode     string
	duration time.Duration // measured, for each half
	warmup   time.Duration // before that, for each half; not measured
	rate     int           // requests a second
	cpus     int           // 0: all
	json     bool
	plot     string // file, "" for none
	unloaded bool   // measure each half without load as well
	clock    string // task, ordinary: what the clock of the arrivals is
	load     string // task, ordinary: what computes beside the requests
	half     string // plain, kernel, both
	trace    bool   // print what each stage of a request takes

	alone bool // what is measured now has no load
}

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(1)
	}
}

// parse reads the flags.
func parse(args []string, stderr io.Writer) (o options, err error) {
	fs := flag.NewFlagSet("latency", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.mode, "mode", "http", "http: an HTTP/JSON service beside compression; queue: one channel beside loops that never yield")
	fs.DurationVar(&o.duration, "duration", 9*time.Second, "how long to measure each half")
	fs.IntVar(&o.rate, "rate", 0, "requests a second (default 500 for http, 1000 for queue)")
	fs.IntVar(&o.cpus, "cpus", 0, "CPUs: GOMAXPROCS of the plain half, virtual CPUs of the kernel (default all)")
	fs.BoolVar(&o.json, "json", false, "print JSON instead of a table")
	fs.StringVar(&o.plot, "plot", "", "draw both latency distributions to this SVG `file`")
	fs.StringVar(&o.clock, "clock", "task", "what the clock of the arrivals is in the kernel's half: part of the request path (task), or an ordinary goroutine (ordinary)")
	fs.StringVar(&o.load, "load", "task", "what computes in the kernel's half: tasks (task), or goroutines left to Go (ordinary)")
	fs.StringVar(&o.half, "half", "both", "measure only plain goroutines (plain) or tasks (kernel)")
	fs.BoolVar(&o.unloaded, "unloaded", false, "measure each half also without the load beside it, first, and print by how much the load lengthens p99.9")
	fs.BoolVar(&o.trace, "trace", false, "print percentiles of each stage of a request (-mode http)")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.warmup = min(o.duration/10, 500*time.Millisecond)
	if o.rate == 0 {
		o.rate = map[string]int{"http": 500, "queue": 1000}[o.mode]
	}
	switch {
	case fs.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.mode != "http" && o.mode != "queue":
		return o, fmt.Errorf("-mode is %q, want http or queue", o.mode)
	case o.duration <= 0:
		return o, fmt.Errorf("-duration is %v, want more than 0", o.duration)
	case o.rate < 1 || o.rate > 100_000:
		return o, fmt.Errorf("-rate is %d, want 1 to 100000", o.rate)
	case o.clock != "task" && o.clock != "ordinary":
		return o, fmt.Errorf("-clock is %q, want task or ordinary", o.clock)
	case o.load != "task" && o.load != "ordinary":
		return o, fmt.Errorf("-load is %q, want task or ordinary", o.load)
	case o.half != "both" && o.half != "plain" && o.half != "kernel":
		return o, fmt.Errorf("-half is %q, want plain, kernel or both", o.half)
	case o.half == "kernel" && o.plot != "":
		return o, errors.New("-plot needs the plain half")
	case o.trace && o.mode != "http":
		return o, errors.New("-trace is for -mode http")
	case o.cpus < 0:
		return o, fmt.Errorf("-cpus is %d, want 1 or more", o.cpus)
	}
	return o, nil
}

// run is the whole program. Without a kernel it still reports the plain half.
func run(args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.cpus > 0 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(o.cpus))
	}
	measure := measureQueue
	if o.mode == "http" {
		files, err := loadCorpus(maxCorpus)
		if err != nil {
			return err
		}
		measure = func(o options, w *world, p *progress) (result, error) { return measureHTTP(o, w, files, p) }
	}
	rep := newReport(o)
	once := func(o options, w *world) (*result, error) {
		runtime.GC() // all start with a clean heap
		p := startProgress(stderr, w.name, o.warmup+o.duration)
		r, err := measure(o, w, p)
		p.stop()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		if r.trace != nil {
			name := w.name
			if o.alone {
				name += ", without load"
			}
			if err := r.trace.write(stderr, name); err != nil {
				return nil, err
			}
		}
		return &r, nil
	}
	half := func(w *world) (*result, error) {
		var alone *result
		if o.unloaded {
			o := o
			o.alone = true
			if alone, err = once(o, w); err != nil {
				return nil, err
			}
		}
		r, err := once(o, w)
		if err == nil {
			r.Unloaded = alone
		}
		return r, err
	}
	if o.half != "kernel" {
		if rep.Plain, err = half(plainWorld()); err != nil {
			return err
		}
	}
	if o.half == "plain" {
		return errors.Join(rep.write(o, stdout), rep.failures())
	}
	kernel, missing := kernelWorld(gpm.Config{CPUs: o.cpus})
	if missing != nil && o.half == "kernel" {
		return missing
	}
	if missing == nil {
		if o.load == "ordinary" {
			kernel.normal = plainWorld().normal
		}
		if rep.Kernel, err = half(kernel); err != nil {
			return err // its tasks may still run: there is no orderly end
		}
		if err := kernel.end(); err != nil {
			return err
		}
	}
	if err := rep.write(o, stdout); err != nil {
		return err
	}
	if missing != nil {
		return fmt.Errorf("only plain goroutines were measured, as no kernel could be booted: %w", missing)
	}
	return rep.failures()
}
