package measure

import (
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
			got := Percentile(values, p)
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
	if got := Percentile([]time.Duration(nil), 50); got != 0 {
		t.Errorf("of nothing it is %v", got)
	}
}
