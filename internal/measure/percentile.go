package measure

import "math"

// Percentile returns the smallest value of sorted that at least p percent of
// them do not exceed (the nearest rank); the zero value if there are none.
func Percentile[T any](sorted []T, p float64) (value T) {
	if len(sorted) == 0 {
		return value
	}
	return sorted[Rank(len(sorted), p)-1]
}

// Rank returns which of n values in order, counted from 1, is percentile p.
func Rank(n int, p float64) int {
	rank := int(math.Ceil(p/100*float64(n) - 1e-9)) // 99.9 is a little more in binary
	return min(max(rank, 1), n)
}
