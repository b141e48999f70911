package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSpread(t *testing.T) {
	var samples []time.Duration
	for i := range 1000 {
		samples = append(samples, time.Duration(1000-i))
	}
	require.Equal(t, measures{"mean": 500.5, "p50": 500, "p90": 900, "p99": 990, "max": 1000}, spread(samples))
	require.Empty(t, spread(nil))
}

func TestMedian(t *testing.T) {
	require.Equal(t, 2.0, median([]float64{9, 1, 2}))
	require.Equal(t, 3.0, median([]float64{4, 9, 1, 2}))
}

// script returns a side that shows values one after the other, and notes its turns.
func script(name string, turns *[]string, metric string, values ...float64) side {
	return side{name, func() (measures, error) {
		*turns = append(*turns, name)
		value := values[0]
		values = values[1:]
		return measures{metric: value}, nil
	}}
}

// The sides take turns, the order changes from round to round, ratios are those of
// the same round, and a target is judged by their median.
func TestCompare(t *testing.T) {
	var turns []string
	c := &comparison{
		name:    "name",
		what:    "what",
		metrics: []metric{{name: "p99", show: duration}},
		sides: []side{
			script("ours", &turns, "p99", 10, 20, 30),
			script("theirs", &turns, "p99", 100, 10, 60),
			{"gone", func() (measures, error) { return nil, fmt.Errorf("%w: not installed", errMissing) }},
		},
		targets: []target{{"p99", "theirs", 0.5}, {"p99", "theirs", 0.49}, {"p99", "gone", 1}},
	}
	r, err := c.run(3)
	require.NoError(t, err)
	require.Equal(t, "ours theirs theirs ours ours theirs", strings.Join(turns, " "))
	require.Equal(t, measures{"p99": 20}, r.Sides[0].Median)
	require.Empty(t, r.Sides[0].Ratio)
	require.Equal(t, measures{"p99": 60}, r.Sides[1].Median)
	require.Equal(t, measures{"p99": 0.5}, r.Sides[1].Ratio) // of 0.1, 2, 0.5
	require.Equal(t, []targetResult{
		{"p99", "theirs", 0.5, false, 0.5, true},
		{"p99", "theirs", 0.49, false, 0.5, false},
	}, r.Targets)
	require.Contains(t, r.Sides[2].Missing, "not installed")

	var out strings.Builder
	require.NoError(t, r.table(&out, c.metrics))
	require.Equal(t, `name: what
            p99  ratio
    ours  20 ns       
  theirs  60 ns    0.5
gone: left out: not installed
p99 against theirs: 0.5; to reach: at most 0.5: reached
p99 against theirs: 0.5; to reach: at most 0.49: missed

`, out.String())
}

// Where more is better the limit is the least; what was not measured has no ratio;
// any other error ends it.
func TestCompareMore(t *testing.T) {
	var turns []string
	none := side{"none", func() (measures, error) { return measures{}, nil }}
	c := &comparison{
		metrics: []metric{{name: "rate", show: millions, more: true}},
		sides:   []side{script("ours", &turns, "rate", 12), script("theirs", &turns, "rate", 4), none},
		targets: []target{{"rate", "theirs", 3}, {"rate", "theirs", 3.1}, {"rate", "none", 1}},
	}
	r, err := c.run(1)
	require.NoError(t, err)
	require.Len(t, r.Targets, 2)
	require.True(t, r.Targets[0].Reached)
	require.False(t, r.Targets[1].Reached)

	wrong := errors.New("wrong")
	c.sides = []side{{"ours", func() (measures, error) { return nil, wrong }}}
	_, err = c.run(1)
	require.ErrorIs(t, err, wrong)
}

func TestFormats(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.004: "1/250", 0.25: "0.25", 1.234: "1.23", 99: "99", 123.4: "123"} {
		require.Equal(t, want, factor(x))
	}
	for ns, want := range map[float64]string{0: "0 ns", 999: "999 ns", 1000: "1 µs", 12_345: "12.3 µs", 1.5e6: "1.5 ms", 123.4e6: "123 ms", 2.5e9: "2.5 s"} {
		require.Equal(t, want, duration(ns))
	}
}
