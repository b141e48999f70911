// Package seed has the random numbers of tests. For tests only.
package seed

import (
	"math/rand/v2"
	"testing"
)

// Rand returns random numbers for t, from the value of the flag called name, or from a
// new one if that is 0, and logs how to have the same again.
func Rand(t testing.TB, name string, value uint64) *rand.Rand {
	t.Helper()
	if value == 0 {
		value = rand.Uint64()
	}
	t.Logf("again with -run '^%s$' -%s=%d", t.Name(), name, value)
	return rand.New(rand.NewPCG(value, 0))
}
