package litmus

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
)

// cpus is how many the tests have: threads meet where two really run, and are
// preempted where more want to.
const cpus = 2

// Locks runs all classic tests with each of the subjects, for its share of the
// torture's time, and fails if a result comes that no order of sections gives.
func Locks(t *testing.T, share float64, subjects ...torture.Subject) {
	each(t, subjects, func(t *testing.T, k *gpm.Kernel, s torture.Subject, r *rand.Rand) {
		d := torture.Time(share / float64(len(subjects)*len(Classic)))
		for _, test := range Classic {
			seen, err := test.Run(k, r, s, d, func(map[Result]int) bool { return false })
			require.NoError(t, err)
			allowed, runs := test.Allowed(), 0
			for result, n := range seen {
				require.True(t, allowed[result], "%s: %v, %d times", test.Name, result, n)
				runs += n
			}
			t.Logf("%-16s %6d runs, %d of %d allowed results", test.Name, runs, len(seen), len(allowed))
		}
	})
}

// MustCatch runs the tests of sections with locks that are broken on purpose,
// and fails if one of the tests does not show it within a minute. It logs which of the
// others, where each access is a section, show it too: that depends on the machine.
func MustCatch(t *testing.T, subjects ...torture.Subject) {
	each(t, subjects, func(t *testing.T, k *gpm.Kernel, s torture.Subject, r *rand.Rand) {
		for _, test := range Classic {
			must, d := test.sections(), time.Minute
			if !must && testing.Short() {
				continue
			} else if !must {
				d = torture.Time(0.01)
			}
			allowed := test.Allowed()
			caught := func(seen map[Result]int) bool {
				for result := range seen {
					if !allowed[result] {
						return true
					}
				}
				return false
			}
			seen, err := test.Run(k, r, s, d, caught)
			require.NoError(t, err)
			t.Logf("%-16s caught: %v", test.Name, caught(seen))
			require.True(t, caught(seen) || !must, "%s: a broken lock passed", test.Name)
		}
	})
}

// sections reports whether a section of the test has more than one access.
func (t Test) sections() bool {
	for _, th := range t.Threads {
		for _, s := range th {
			if len(s) > 1 {
				return true
			}
		}
	}
	return false
}

func each(t *testing.T, subjects []torture.Subject, f func(*testing.T, *gpm.Kernel, torture.Subject, *rand.Rand)) {
	for _, s := range subjects {
		t.Run(s.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(torture.Seed(t), 0))
			k := torture.Kernel(t, gpm.Config{CPUs: cpus, Slice: 100 * time.Microsecond})
			defer torture.Disturb(k, cpus, r, nil, nil)()
			f(t, k, s, r)
		})
	}
}
