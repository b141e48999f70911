package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gokern/gokern/internal/measure"
)

// measures are what one run of a side has shown, by the metrics' names. Times
// are in ns.
type measures map[string]float64

// spread returns what is said of a distribution of times: nothing if there are
// none.
func spread(samples []time.Duration) measures {
	if len(samples) == 0 {
		return measures{}
	}
	slices.Sort(samples)
	sum := 0.0
	for _, d := range samples {
		sum += float64(d)
	}
	at := func(p float64) float64 { return float64(measure.Percentile(samples, p)) }
	return measures{"mean": sum / float64(len(samples)), "p50": at(50), "p90": at(90), "p99": at(99), "max": at(100)}
}

// A metric is one column. Less is better, unless more is; ratios are only shown
// where one is.
type metric struct {
	name string
	show func(float64) string
	more bool
	info bool // there is no better
}

// A side is one of those that are compared. Its run fails with errMissing where
// what it needs is not there.
type side struct {
	name string
	run  func() (measures, error)
}

var errMissing = errors.New("left out")

// A target is a ratio to reach: ours to that of the side against, at most or,
// where more is better, at least limit.
type target struct {
	metric  string
	against string
	limit   float64
}

// A comparison is a table: ours is the first side.
type comparison struct {
	name    string // what -run selects
	what    string // what is measured, for the table's head
	metrics []metric
	sides   []side
	targets []target
}

// result is a comparison's outcome.
type result struct {
	Name    string         `json:"name"`
	What    string         `json:"what"`
	Rounds  int            `json:"rounds"`
	Sides   []*sideResult  `json:"sides"`
	Targets []targetResult `json:"targets"`
}

type sideResult struct {
	Name    string     `json:"name"`
	Missing string     `json:"missing,omitempty"` // why there is nothing else
	Rounds  []measures `json:"rounds,omitempty"`
	Median  measures   `json:"median,omitempty"`
	Ratio   measures   `json:"ratio,omitempty"` // ours to this, the median of the rounds'

	err error // why it is missing
}

type targetResult struct {
	Metric  string  `json:"metric"`
	Against string  `json:"against"`
	Limit   float64 `json:"limit"`
	More    bool    `json:"at_least"` // else: at most
	Ratio   float64 `json:"ratio"`
	Reached bool    `json:"reached"`
}

// keep drops the sides without part in their names, and what is said of them.
func (c *comparison) keep(part string) {
	c.sides = slices.DeleteFunc(c.sides, func(s side) bool { return !strings.Contains(s.name, part) })
	if part != "" {
		c.targets = nil
	}
}

// run runs all sides by turns, rounds times.
func (c *comparison) run(rounds int) (*result, error) {
	r := &result{Name: c.name, What: c.what, Rounds: rounds}
	order := make([]int, len(c.sides))
	for i, s := range c.sides {
		order[i] = i
		r.Sides = append(r.Sides, &sideResult{Name: s.name})
	}
	for range rounds {
		for _, i := range order {
			s := r.Sides[i]
			if s.err != nil {
				continue
			}
			runtime.GC() // all start with a clean heap
			m, err := c.sides[i].run()
			if errors.Is(err, errMissing) {
				s.err, s.Missing, s.Rounds = err, err.Error(), nil
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", c.name, s.Name, err)
			}
			s.Rounds = append(s.Rounds, m)
		}
		slices.Reverse(order)
	}
	r.judge(c)
	return r, nil
}

// judge computes the medians, the ratios, and which targets were reached.
func (r *result) judge(c *comparison) {
	ours := r.Sides[0]
	for i, s := range r.Sides {
		s.Median, s.Ratio = measures{}, measures{}
		for _, m := range c.metrics {
			var values, ratios []float64
			for k, round := range s.Rounds {
				value, ok := round[m.name]
				if !ok {
					continue
				}
				values = append(values, value)
				if i == 0 || m.info || value <= 0 || len(ours.Rounds) <= k {
					continue
				}
				if own, ok := ours.Rounds[k][m.name]; ok {
					ratios = append(ratios, own/value)
				}
			}
			if len(values) > 0 {
				s.Median[m.name] = median(values)
			}
			if len(ratios) > 0 {
				s.Ratio[m.name] = median(ratios)
			}
		}
	}
	for _, t := range c.targets {
		m := c.metrics[slices.IndexFunc(c.metrics, func(m metric) bool { return m.name == t.metric })]
		s := r.Sides[slices.IndexFunc(r.Sides, func(s *sideResult) bool { return s.Name == t.against })]
		if ratio, ok := s.Ratio[t.metric]; ok {
			reached := ratio <= t.limit
			if m.more {
				reached = ratio >= t.limit
			}
			r.Targets = append(r.Targets, targetResult{t.metric, t.against, t.limit, m.more, ratio, reached})
		}
	}
}

// median returns the middle value, or the mean of the two in the middle. It
// changes the order of values, of which there is at least one.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
