//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"flag"
	"math/rand/v2"
	"testing"
)

var testSeed = flag.Uint64("seed", 0, "seed of random tests; 0: a new one")

// newRand returns a source of random numbers, and logs how to have the same again.
func newRand(t *testing.T) *rand.Rand {
	seed := *testSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("again with -run %s -seed=%d", t.Name(), seed)
	return rand.New(rand.NewPCG(seed, 0))
}
