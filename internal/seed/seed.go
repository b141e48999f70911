// Package seed has the random numbers of tests. For tests only.
package seed

import (
	"math/rand/v2"
	"testing"
)

// Of returns t's seed, the value of the flag called name or a new one if that is 0, and
// logs how to have the same again.
func Of(t testing.TB, name string, value uint64) uint64 {
	t.Helper()
	if value == 0 {
		value = rand.Uint64()
	}
	t.Logf("again with -run '^%s$' -%s=%d", t.Name(), name, value)
	return value
}

// Rand returns random numbers for t, from such a seed.
func Rand(t testing.TB, name string, value uint64) *rand.Rand {
	t.Helper()
	return rand.New(rand.NewPCG(Of(t, name, value), 0))
}
