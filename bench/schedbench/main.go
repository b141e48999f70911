package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// options are what the flags set.
type options struct {
	run        []string
	rounds     int
	duration   time.Duration // of one side in one round
	hogs       int
	groups     int
	loops      int
	workers    int
	operations int
	load       float64
	rate       float64
	side       string
	json       bool
}

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "schedbench:", err)
		os.Exit(1)
	}
}

var names = []string{"sleep", "wakeup", "hackbench", "schbench"}

// family returns the part before the slash.
func family(name string) string {
	name, _, _ = strings.Cut(name, "/")
	return name
}

// parse reads the flags.
func parse(args []string, stderr io.Writer) (o options, err error) {
	fs := flag.NewFlagSet("schedbench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	list := fs.String("run", strings.Join(names, ","), "what to compare; also one of hackbench/channels, hackbench/unbuffered, hackbench/pipes")
	fs.IntVar(&o.rounds, "rounds", 3, "how often each side runs")
	fs.DurationVar(&o.duration, "duration", 500*time.Millisecond, "how long each side runs in a round; schbench four times as long, hackbench until it is done")
	fs.IntVar(&o.hogs, "hogs", 0, "sleep, wakeup: how many compute on the CPU of the one that is woken (wakeup: at least one)")
	fs.IntVar(&o.groups, "groups", 10, "hackbench: groups of 20 senders and 20 receivers")
	fs.IntVar(&o.loops, "loops", 100, "hackbench: messages from each sender to each receiver of its group")
	fs.IntVar(&o.workers, "workers", 0, "schbench: workers (default 8 for each CPU; schbench's own default is 1)")
	fs.IntVar(&o.operations, "operations", 5, "schbench: matrix multiplications that a request takes")
	fs.Float64Var(&o.load, "load", 0.9, "schbench: requests as a part of what the CPUs can do")
	fs.StringVar(&o.side, "side", "", "only the sides with this in their name: for a profile of one")
	fs.Float64Var(&o.rate, "rate", 0, "schbench: requests a second (default: as -load says)")
	fs.BoolVar(&o.json, "json", false, "print JSON instead of tables")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.run = strings.Split(*list, ",")
	for _, name := range o.run {
		if !slices.Contains(names, family(name)) {
			return o, fmt.Errorf("-run has %q, want some of %s", name, strings.Join(names, ", "))
		}
	}
	switch {
	case fs.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.rounds < 1 || o.groups < 1 || o.loops < 1 || o.operations < 1:
		return o, errors.New("-rounds, -groups, -loops and -operations must be 1 or more")
	case o.hogs < 0 || o.workers < 0:
		return o, errors.New("-hogs and -workers must not be negative")
	case o.duration < time.Millisecond:
		return o, fmt.Errorf("-duration is %v, want 1 ms or more", o.duration)
	case o.load <= 0 || o.rate < 0:
		return o, errors.New("-load must be more than 0, and -rate not negative")
	}
	return o, nil
}

// run is the whole program. Where no kernel can run it still reports the others.
func run(args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	results := []*result{}
	var missing error
	for _, name := range o.run {
		cs, err := comparisons(family(name), o)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, c := range cs {
			if c.keep(o.side); len(c.sides) == 0 || !strings.HasPrefix(c.name, name) {
				continue
			}
			r, err := c.run(o.rounds)
			if err != nil {
				return err
			}
			if r.Sides[0].err != nil {
				missing = r.Sides[0].err
			}
			results = append(results, r)
			if o.json {
				continue
			}
			if err := r.table(stdout, c.metrics); err != nil {
				return err
			}
		}
	}
	if o.json {
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(results); err != nil {
			return err
		}
	}
	if missing != nil {
		return fmt.Errorf("only the other sides were measured: %w", missing)
	}
	return nil
}
