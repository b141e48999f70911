package torture

import (
	"flag"
	"testing"
	"time"

	"github.com/gokern/gokern/internal/seed"
	"github.com/gokern/gokern/preempt"
)

var (
	total = flag.Duration("torture", 0, "how long the torture tests of a package run in all (default 10s, 2s with -short)")
	model = preempt.Full
	seeds = flag.Uint64("tortureseed", 0, "seed of the torture tests, as a failed one printed it (default: a new one)")
)

func init() {
	flag.TextVar(&model, "torturepreempt", preempt.Full, "the preemption model of the kernels of torture tests")
}

// Time returns a share, 0 to 1, of the time that the package's torture tests
// have. Context: any.
func Time(share float64) time.Duration {
	d := *total
	if d == 0 {
		d = 10 * time.Second
		if testing.Short() {
			d = 2 * time.Second
		}
	}
	return time.Duration(share * float64(d))
}

// Scale returns times, or less where operations are slow or time is short: a
// twentieth of it with -short, and again with the race detector. At least 1.
func Scale(times float64) int {
	n := int(times)
	if testing.Short() {
		n /= 20
	}
	if raceBuild {
		n /= 20
	}
	return max(n, 1)
}

// Seed returns the seed of a test and logs how to get it again.
func Seed(t testing.TB) uint64 {
	t.Helper()
	return seed.Of(t, "tortureseed", *seeds)
}
