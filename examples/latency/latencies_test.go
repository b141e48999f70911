package main

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// TestPercentile compares with a count of the values that are not exceeded.
func TestPercentile(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 99, 100, 101, 1000, 4999} {
		var values []time.Duration
		for i := range n {
			values = append(values, time.Duration(i*i%97+i))
		}
		slices.Sort(values)
		for _, p := range []float64{50, 90, 99, 99.9, 100} {
			got := percentile(values, p)
			below := 0 // values smaller than got: too few to be p percent
			for below < n && values[below] < got {
				below++
			}
			upTo := below
			for upTo < n && values[upTo] == got {
				upTo++
			}
			if share := 100 * float64(upTo) / float64(n); share < p {
				t.Errorf("n %d, p%g is %v, but only %.3f %% are up to that", n, p, got, share)
			}
			if share := 100 * float64(below) / float64(n); share >= p {
				t.Errorf("n %d, p%g is %v, but %.3f %% are below that", n, p, got, share)
			}
		}
	}
	if got := percentile(nil, 50); got != 0 {
		t.Errorf("of nothing it is %v", got)
	}
}

func TestRecord(t *testing.T) {
	l := newLatencies(schedule{rate: 10, total: 6, skip: 2})
	wrong, worse := errors.New("wrong"), errors.New("worse")
	l.record(1, 99, nil) // warm-up
	l.record(2, 30, nil)
	l.record(3, 0, wrong)
	l.record(4, 10, nil)
	l.record(0, 0, worse)
	if got := l.sorted(); !slices.Equal(got, []time.Duration{10, 30}) {
		t.Errorf("latencies %v, want 10 and 30", got)
	}
	if l.failed != 2 || l.first != wrong {
		t.Errorf("%d failures, first %v; want 2, first %v", l.failed, l.first, wrong)
	}
}
