package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// The tables are made for 100 columns; only an error can be longer.

// widest is the length of a value that leaves no room for its source.
const widest = 48

// writeExamination prints what was found without booting.
func writeExamination(w io.Writer, r *report) {
	fmt.Fprintf(w, "gokern doctor: %s %s/%s\n", r.Go, r.OS, r.Arch)
	writeCapabilities(w, r, groupSystem)
	writeCapabilities(w, r, groupBuild)
	writeItems(w, r.Items)
}

// writeExercise prints what booting and the self-test showed, and the verdict.
func writeExercise(w io.Writer, r *report) {
	writeCapabilities(w, r, groupKernel)
	writeChecks(w, r.Checks)
	writeSeen(w, r.Seen)
	fmt.Fprintf(w, "\npreemption: %s", r.Verdict)
	if r.Error != "" {
		fmt.Fprintf(w, ": %s", strings.ReplaceAll(r.Error, "\n", "; "))
	}
	fmt.Fprintln(w)
}

// section prints a heading and the rows that fill writes, cells separated by
// tabs, as a table of its own.
func section(w io.Writer, heading string, fill func(io.Writer)) {
	fmt.Fprintf(w, "\n%s\n", heading)
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fill(tw)
	_ = tw.Flush() // an error here is stdout's
}

func writeCapabilities(w io.Writer, r *report, group string) {
	var of []capability
	for _, c := range r.Capabilities {
		if c.Group == group {
			of = append(of, c)
		}
	}
	if len(of) == 0 {
		return
	}
	mark := map[status]string{good: "ok", info: "", limits: "LIMITS", missing: "MISSING"}
	section(w, group, func(w io.Writer) {
		for _, c := range of {
			fmt.Fprintf(w, "  %-7s\t%s\t%s", mark[c.Status], c.Name, c.Value)
			if len(c.Value) <= widest {
				fmt.Fprintf(w, "\t%s", c.Source)
			}
			fmt.Fprintln(w)
		}
	})
}

// writeItems prints a section for each kind, in the order they first occur.
func writeItems(w io.Writer, items []item) {
	var kinds []string
	of := map[string][]item{}
	for _, i := range items {
		if of[i.Kind] == nil {
			kinds = append(kinds, i.Kind)
		}
		of[i.Kind] = append(of[i.Kind], i)
	}
	for _, kind := range kinds {
		heading := fmt.Sprintf("Go's runtime: %ss (%d)", kind, len(of[kind]))
		section(w, heading, func(w io.Writer) {
			for _, i := range of[kind] {
				fmt.Fprintf(w, "  %s\t%s\t%s\n", i.Name, i.Value, i.Source)
			}
		})
	}
}

func writeChecks(w io.Writer, checks []check) {
	if len(checks) == 0 {
		return
	}
	section(w, "Self-test (the time of the whole step, then what was seen)", func(w io.Writer) {
		for _, c := range checks {
			mark, took, text := "ok", c.Took.Round(time.Microsecond).String(), c.Note
			switch {
			case c.Error != "":
				mark, text = "FAILED", c.Error
			case c.Skipped:
				mark, took = "skipped", "-"
			}
			if text != "" {
				text = "\t" + text
			}
			fmt.Fprintf(w, "  %-7s\t%s\t%s%s\n", mark, c.Name, took, text)
		}
	})
}

func writeSeen(w io.Writer, seen []count) {
	if len(seen) == 0 {
		return
	}
	section(w, "Seen meanwhile (in this self-test and in the one that is part of booting)", func(w io.Writer) {
		for _, c := range seen {
			fmt.Fprintf(w, "  %s\t%d\n", c.Name, c.Count)
		}
	})
}
