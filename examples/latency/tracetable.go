package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/measure"
)

// parts are what a wait of a task consisted of; the kernel has noted them.
type parts [5]time.Duration

var partNames = [len(parts{})]string{
	"until that is known, and it is ready", // by the poller, or the timer's expiry
	"ready, to a CPU's queue",              // its inbox
	"queue, to the CPU's pick",             // the IPI, and whoever cannot be preempted
	"pick, to running",
	"running, to the call's return",
}

// watch calls wait, and returns the wake-up that ended it, if a task blocked in it.
func (t *tracer) watch(wait func()) *gpm.WakeUp {
	var n gpm.PreemptNotifier
	if t == nil || n.Register() != nil { // an ordinary goroutine
		wait()
		return nil
	}
	defer n.Unregister()
	wait()
	if w, ok := n.LastWakeUp(); ok {
		return &w
	}
	return nil
}

// split notes the parts of stage i, which woke ended. t.mu is held.
func (t *tracer) split(i int, at []time.Duration, woke *gpm.WakeUp) {
	if woke == nil {
		return
	}
	last := at[i]
	var p parts
	for j, m := range []time.Duration{woke.Woken.Sub(t.base), woke.Queued.Sub(t.base), woke.Picked.Sub(t.base), woke.Ran.Sub(t.base), at[i+1]} {
		in := min(max(m, last), at[i+1]) // the kernel's clock and Go's differ by a little
		t.skew = max(t.skew, (m - in).Abs())
		p[j], last = in-last, in
	}
	t.waits[i] = append(t.waits[i], p)
}

// accepts returns how long it took from the client's dial to the server's Accept.
func (t *tracer) accepts() (took []time.Duration) {
	all := t.ended
	for _, c := range t.conns {
		all = append(all, c)
	}
	for _, c := range all {
		if !c.dialed.IsZero() && !c.accepted.IsZero() {
			took = append(took, c.accepted.Sub(c.dialed))
		}
	}
	return took
}

// write prints a row for each stage, and for each part of those that the kernel has
// seen the end of.
func (t *tracer) write(w io.Writer, name string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(tw, "%s: %d requests traced\tp50\tp90\tp99\tp99.9\tmax\n", name, len(t.all))
	row := func(name string, list []time.Duration) {
		slices.Sort(list)
		fmt.Fprintf(tw, "%s", name)
		for _, p := range []float64{50, 90, 99, 99.9, 100} {
			fmt.Fprintf(tw, "\t%s", show(measure.Percentile(list, p)))
		}
		fmt.Fprintln(tw)
	}
	if took := t.accepts(); len(took) > 0 {
		row(fmt.Sprintf("dial, to the server's accept (%d)", len(took)), took)
	}
	for i, s := range stages {
		row(s.name, pluck(t.all, func(took spans) time.Duration { return took[i] }))
		if waits := t.waits[i]; len(waits) > 0 {
			for j, part := range partNames {
				row("  "+part, pluck(waits, func(p parts) time.Duration { return p[j] }))
			}
		}
	}
	sum := func(netOnly bool) func(spans) time.Duration {
		return func(took spans) (d time.Duration) {
			for i, s := range stages {
				if s.net || !netOnly {
					d += took[i]
				}
			}
			return d
		}
	}
	row("all that wait for the poller", pluck(t.all, sum(true)))
	row("all", pluck(t.all, sum(false)))
	fmt.Fprintln(tw)
	return tw.Flush()
}

func pluck[T any](from []T, of func(T) time.Duration) (list []time.Duration) {
	for _, x := range from {
		list = append(list, of(x))
	}
	return list
}
