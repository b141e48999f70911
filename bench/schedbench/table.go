package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// table prints a row for each side: each metric, and ours to it.
func (r *result) table(w io.Writer, metrics []metric) error {
	fmt.Fprintf(w, "%s: %s\n", r.Name, r.What)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\t")
	for _, m := range metrics {
		fmt.Fprintf(t, "%s\t", m.name)
		if !m.info {
			fmt.Fprint(t, "ratio\t")
		}
	}
	fmt.Fprintln(t)
	for _, s := range r.Sides {
		if s.Missing != "" {
			continue
		}
		fmt.Fprintf(t, "%s\t", s.Name)
		for _, m := range metrics {
			cell := "-" // nothing was measured: say, no worker ever waited
			if value, ok := s.Median[m.name]; ok {
				cell = m.show(value)
			}
			fmt.Fprintf(t, "%s\t", cell)
			if ratio, ok := s.Ratio[m.name]; ok {
				fmt.Fprint(t, factor(ratio))
			}
			if !m.info {
				fmt.Fprint(t, "\t")
			}
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range r.Sides {
		if s.Missing != "" {
			fmt.Fprintf(w, "%s: %s\n", s.Name, s.Missing)
		}
	}
	for _, t := range r.Targets {
		bound, outcome := "at most", "missed"
		if t.More {
			bound = "at least"
		}
		if t.Reached {
			outcome = "reached"
		}
		fmt.Fprintf(w, "%s against %s: %s; to reach: %s %s: %s\n", t.Metric, t.Against, factor(t.Ratio), bound, factor(t.Limit), outcome)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// factor formats a ratio: 0.25, 1/40, 12.
func factor(x float64) string {
	switch {
	case x <= 0:
		return "0"
	case x < 0.1:
		return fmt.Sprintf("1/%.0f", 1/x)
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// duration formats ns with three digits and a unit.
func duration(ns float64) string {
	switch {
	case ns >= 999.5e6:
		return fmt.Sprintf("%.3g s", ns/1e9)
	case ns >= 999.5e3:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	case ns >= 999.5:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	}
	return fmt.Sprintf("%.0f ns", ns)
}

func count(x float64) string   { return fmt.Sprintf("%.0f", x) }
func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// millions formats a rate.
func millions(x float64) string { return fmt.Sprintf("%.3g M/s", x/1e6) }
