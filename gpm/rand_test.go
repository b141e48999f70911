//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/gokern/gokern/internal/seed"
)

var testSeed = flag.Uint64("seed", 0, "seed of random tests; 0: a new one")

func newRand(t *testing.T) *rand.Rand { return seed.Rand(t, "seed", *testSeed) }
