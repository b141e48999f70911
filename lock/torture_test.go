package lock_test

import (
	"testing"
	"time"

	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/internal/torture/busted"
)

// What the other torture tests find nothing in is only worth something if they
// find what is there: locks that are broken on purpose must all be caught.
func TestTortureBusted(t *testing.T) {
	const cpus = 4
	torture.MustCatch(t, torture.Params{CPUs: cpus, For: time.Minute, ToFail: true}, busted.Broken(cpus)...)
}
