package percpu_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

const tortureCPUs = 4 // more than the smallest machines have

// cells is a word for each CPU, without any protection of its own.
type cells [tortureCPUs]struct {
	n int64
	_ [120]byte
}

func (c *cells) sum() (n int64) {
	for i := range c {
		n += c[i].n
	}
	return n
}

// add loads, adds and stores: three steps. The race detector does not look: it
// would rightly object to some of the uses below.
//
//go:norace
//go:noinline
func (c *cells) add() {
	p := &c[percpu.RawCPU()].n
	n := *p
	n = step(n)
	*p = n
}

//go:noinline
func step(n int64) int64 { return n + 1 }

// Each way of excluding others on this CPU must lose nothing in 10^8 additions.
func TestTorturePerCPUProtected(t *testing.T) {
	var watched cells // by the race detector too
	var a, b, c, d cells
	for _, counter := range []torture.Counter{
		{Name: "GetCPU", Sum: watched.sum, Add: func() {
			watched[percpu.GetCPU()].n++
			percpu.PutCPU()
		}},
		{Name: "Disable", Sum: a.sum, Add: func() { preempt.Disable(); a.add(); preempt.Enable() }},
		{Name: "IRQDisable", Sum: b.sum, Add: func() { signals.IRQDisable(); b.add(); signals.IRQEnable() }},
		{Name: "IRQSave", Sum: c.sum, Add: func() { f := signals.IRQSave(); c.add(); signals.IRQRestore(f) }},
		{Name: "InterruptDisable", Sum: d.sum, Add: func() { signals.InterruptDisable(); d.add(); signals.InterruptEnable() }},
	} {
		t.Run(counter.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(torture.Seed(t), 0))
			k := torture.Kernel(t, gpm.Config{CPUs: tortureCPUs, Slice: 100 * time.Microsecond})
			lost, done, err := torture.Lost(k, r, counter, torture.Scale(1e8), 0)
			require.NoError(t, err)
			s := k.Stats().Total
			t.Logf("%d additions, %d lost; preempted %d times, moved %d", done, lost, s.Async+s.Sync, s.Migrations)
			require.Zero(t, lost)
			require.Positive(t, s.Async+s.Sync, "no task was preempted: this is no torture")
		})
	}
}

// And without any, additions must be seen to be lost: else the test above would
// prove nothing.
func TestTorturePerCPUUnprotected(t *testing.T) {
	var bare, away cells
	for _, counter := range []torture.Counter{
		{Name: "nothing", Sum: bare.sum, Add: bare.add},
		// Protected where the number is taken, but not where it is used.
		{Name: "stale", Sum: away.sum, Add: func() {
			percpu.GetCPU()
			percpu.PutCPU()
			away.add()
		}},
	} {
		t.Run(counter.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(torture.Seed(t), 0))
			k := torture.Kernel(t, gpm.Config{CPUs: tortureCPUs, Slice: 100 * time.Microsecond})
			var lost, done int64
			for end := time.Now().Add(time.Minute); lost == 0 && time.Now().Before(end); {
				l, d, err := torture.Lost(k, r, counter, 1e9, 100*time.Millisecond)
				require.NoError(t, err)
				lost, done = lost+l, done+d
			}
			t.Logf("%d additions, %d lost", done, lost)
			require.Positive(t, lost, "nothing was lost: preemption does not come where it should")
		})
	}
}
