package torture

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/preempt"
)

// Kernel boots a kernel that ends with the test, or skips the test where there
// can be none.
func Kernel(t testing.TB, c gpm.Config) *gpm.Kernel {
	t.Helper()
	if c.Watchdog == 0 {
		c.Watchdog = time.Minute // sections that last are wanted here
	}
	if c.Preemption == preempt.Full {
		c.Preemption = model
	}
	return kerneltest.Boot(t, c)
}

// Test tortures each of the subjects in a subtest, which fails if a promise is
// broken.
func Test(t *testing.T, share float64, subjects ...Subject) {
	for _, s := range subjects {
		t.Run(s.Name, func(t *testing.T) {
			rep := one(t, s, Params{For: Time(share / float64(len(subjects))), overlap: true})
			require.NoError(t, rep.Err())
			require.Positive(t, rep.Preemptions, "no task was preempted: this is no torture")
		})
	}
}

// MustCatch tortures each of the subjects in a subtest, which fails if no
// failure is seen: they are broken on purpose.
func MustCatch(t *testing.T, p Params, subjects ...Subject) {
	for _, s := range subjects {
		t.Run(s.Name, func(t *testing.T) {
			s.Racy = true
			err := one(t, s, p).Err()
			require.Error(t, err, "a broken lock passed")
			line, _, _ := strings.Cut(err.Error(), "\n")
			t.Log("caught:", line)
		})
	}
}

func one(t *testing.T, s Subject, p Params) *Report {
	t.Helper()
	r := rand.New(rand.NewPCG(Seed(t), 0))
	p = p.complete(s, r)
	k := Kernel(t, gpm.Config{CPUs: p.CPUs, Slice: p.Slice})
	rep := Run(k, s, p, r)
	t.Logf("%d CPUs, slices of %v, %d+%d+%d workers, %v:\n%s", p.CPUs, p.Slice, p.Writers, p.Readers, p.Plain, p.For, rep)
	return rep
}
