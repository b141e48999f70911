package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/gokern/gokern/internal/measure"
)

// result is what one half has shown. Times are nanoseconds in JSON.
type result struct {
	Name     string        `json:"name"`
	Requests int           `json:"requests"` // answered, of those measured
	Failed   int           `json:"failed"`
	Work     float64       `json:"work"` // in WorkUnit
	WorkUnit string        `json:"work_unit"`
	CPUs     float64       `json:"cpus_used"` // 0: unknown. Fewer than there are: other processes took them
	P50      time.Duration `json:"p50_ns"`
	P90      time.Duration `json:"p90_ns"`
	P99      time.Duration `json:"p99_ns"`
	P999     time.Duration `json:"p99_9_ns"`
	Max      time.Duration `json:"max_ns"`
	Unloaded *result       `json:"unloaded,omitempty"` // the same without load; with -unloaded

	sorted []time.Duration
	trace  *tracer
	first  error // of the failures
}

func newResult(name string, l *latencies, work float64, unit string, cpus float64) result {
	s := l.sorted()
	return result{
		Name: name, Requests: len(s), Failed: l.failed, Work: work, WorkUnit: unit, CPUs: cpus,
		P50: measure.Percentile(s, 50), P90: measure.Percentile(s, 90), P99: measure.Percentile(s, 99), P999: measure.Percentile(s, 99.9), Max: measure.Percentile(s, 100),
		sorted: s, first: l.first,
	}
}

// ratios say how many times better the kernel half is: plain/kernel of a
// latency, kernel/plain of the work and of the CPUs used.
type ratios struct {
	Work float64 `json:"work"`
	CPUs float64 `json:"cpus_used"` // far from 1: other processes have disturbed one half
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

// report is the whole outcome.
type report struct {
	Mode     string  `json:"mode"`
	Go       string  `json:"go"`
	CPUs     int     `json:"cpus"`
	Rate     int     `json:"rate"`       // requests a second
	Duration float64 `json:"duration_s"` // measured, of each half
	Plain    *result `json:"plain"`      // null: not asked for
	Kernel   *result `json:"kernel"`     // null: no kernel could be booted
	Ratios   *ratios `json:"ratios"`     // likewise
}

func newReport(o options) *report {
	return &report{Mode: o.mode, Go: runtime.Version(), CPUs: cpusFor(o), Rate: o.rate, Duration: o.duration.Seconds()}
}

// compare computes the ratios, if there are two halves.
func (r *report) compare() {
	p, k := r.Plain, r.Kernel
	if p == nil || k == nil {
		return
	}
	less := func(p, k time.Duration) float64 { return float64(p) / float64(max(k, 1)) }
	r.Ratios = &ratios{
		P50: less(p.P50, k.P50), P90: less(p.P90, k.P90), P99: less(p.P99, k.P99), P999: less(p.P999, k.P999), Max: less(p.Max, k.Max),
	}
	if p.Work > 0 {
		r.Ratios.Work = k.Work / p.Work
	}
	if p.CPUs > 0 {
		r.Ratios.CPUs = k.CPUs / p.CPUs
	}
}

// write prints r as the flags ask for, and draws it.
func (r *report) write(o options, w io.Writer) error {
	r.compare()
	if o.plot != "" {
		if err := os.WriteFile(o.plot, r.svg(), 0o644); err != nil {
			return err
		}
	}
	if o.json {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.table(w)
}

// failures returns an error if a request failed or was never answered.
func (r *report) failures() error {
	for _, half := range []*result{r.Plain, r.Kernel} {
		if half == nil {
			continue
		}
		for _, one := range []*result{half, half.Unloaded} {
			if one != nil && one.Failed > 0 {
				return fmt.Errorf("%s: %d requests failed; the first: %w", one.Name, one.Failed, one.first)
			}
		}
	}
	return nil
}

// table prints a row for each quantity and a column for each half.
func (r *report) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	var halves []*result
	for _, half := range []*result{r.Plain, r.Kernel} {
		if half != nil {
			halves = append(halves, half)
		}
	}
	row := func(name string, cell func(*result) string, ratio string) {
		fmt.Fprintf(t, "%s\t", name)
		for _, half := range halves {
			fmt.Fprintf(t, "%s\t", cell(half))
		}
		if r.Ratios != nil {
			fmt.Fprintf(t, "%s\t", ratio)
		}
		fmt.Fprintln(t)
	}
	times := r.Ratios
	if times == nil {
		times = &ratios{}
	}
	latency := func(name string, of func(*result) time.Duration, ratio float64) {
		row(name, func(h *result) string { return show(of(h)) }, factor(ratio)+" shorter")
	}
	row("", func(h *result) string { return h.Name }, "ratio")
	row("requests", func(h *result) string { return fmt.Sprint(h.Requests) }, "")
	row("failed", func(h *result) string { return fmt.Sprint(h.Failed) }, "")
	row(halves[0].WorkUnit, func(h *result) string { return fmt.Sprintf("%.1f", h.Work) }, factor(times.Work))
	row("CPUs used", func(h *result) string { return fmt.Sprintf("%.2f", h.CPUs) }, factor(times.CPUs))
	latency("latency p50", func(h *result) time.Duration { return h.P50 }, times.P50)
	latency("p90", func(h *result) time.Duration { return h.P90 }, times.P90)
	latency("p99", func(h *result) time.Duration { return h.P99 }, times.P99)
	latency("p99.9", func(h *result) time.Duration { return h.P999 }, times.P999)
	latency("max", func(h *result) time.Duration { return h.Max }, times.Max)
	if halves[0].Unloaded != nil {
		for _, p := range []struct {
			name string
			of   func(*result) time.Duration
		}{
			{"p99", func(h *result) time.Duration { return h.P99 }},
			{"p99.9", func(h *result) time.Duration { return h.P999 }},
		} {
			row(p.name+" without load", func(h *result) string { return show(p.of(h.Unloaded)) }, "")
			row("with load", func(h *result) string { return factor(float64(p.of(h)) / float64(max(p.of(h.Unloaded), 1))) }, "")
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if x := times.CPUs; x > 0 && (x < 0.9 || x > 1.1) {
		_, err := fmt.Fprintf(w, "\nOther processes took CPU time from one half more than from the other: run this again on a\nquiet machine. For the CPU time that each half got, the work is %s.\n", factor(times.Work/x))
		return err
	}
	return nil
}

// factor formats a ratio with three digits.
func factor(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f×", x)
	case x >= 10:
		return fmt.Sprintf("%.1f×", x)
	}
	return fmt.Sprintf("%.2f×", x)
}

// show formats a latency in milliseconds, so that columns compare at a glance.
func show(d time.Duration) string { return fmt.Sprintf("%.3f ms", float64(d)/1e6) }
