package percpu_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/internal/torture/history"
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

// Each way of counting on this CPU must lose nothing in 10^8 additions.
func TestTorturePerCPUProtected(t *testing.T) {
	var watched cells // by the race detector too
	var a, b, c, d cells
	v := percpu.NewVar[int64]()
	inc, ret, cas, cas32, checked := percpu.NewWord[int64](), percpu.NewWord[uint64](), percpu.NewWord[int64](), percpu.NewWord[uint32](), percpu.NewWord[int32]()
	count := percpu.NewCounter(0)
	for _, one := range []struct {
		torture.Counter
		times float64
	}{
		{torture.Counter{Name: "GetCPU", Sum: watched.sum, Add: func() {
			watched[percpu.GetCPU()].n++
			percpu.PutCPU()
		}}, 1e8},
		{torture.Counter{Name: "Word.Inc", Sum: inc.Sum, Add: inc.Inc}, 1e8},
		{torture.Counter{Name: "Var", Sum: func() (n int64) {
			for _, p := range v.Each() {
				n += *p
			}
			return n
		}, Add: func() {
			*v.GetPtr()++
			v.PutPtr()
		}}, 1e8},
		{torture.Counter{Name: "Word.AddReturn", Sum: func() int64 { return int64(ret.Sum()) }, Add: func() { ret.AddReturn(1) }}, 2e7},
		{torture.Counter{Name: "Word.CmpXchg", Sum: cas.Sum, Add: func() {
			for old := cas.Read(); !cas.CmpXchg(old, old+1); old = cas.Read() {
			}
		}}, 2e7},
		{torture.Counter{Name: "Word.CmpXchg, 32 bits", Sum: func() int64 { return int64(cas32.Sum()) }, Add: func() {
			for old := cas32.Read(); !cas32.CmpXchg(old, old+1); old = cas32.Read() {
			}
		}}, 2e7},
		{torture.Counter{Name: "Word.Checked", Sum: func() int64 { return int64(checked.Sum()) }, Add: func() {
			percpu.GetCPU()
			checked.Checked().Add(1)
			percpu.PutCPU()
		}}, 2e7},
		{torture.Counter{Name: "Counter", Sum: count.Sum, Add: func() { count.Add(1) }}, 2e7},
		{torture.Counter{Name: "Disable", Sum: a.sum, Add: func() { preempt.Disable(); a.add(); preempt.Enable() }}, 2e7},
		{torture.Counter{Name: "IRQDisable", Sum: b.sum, Add: func() { signals.IRQDisable(); b.add(); signals.IRQEnable() }}, 2e7},
		{torture.Counter{Name: "IRQSave", Sum: c.sum, Add: func() { f := signals.IRQSave(); c.add(); signals.IRQRestore(f) }}, 2e7},
		{torture.Counter{Name: "InterruptDisable", Sum: d.sum, Add: func() { signals.InterruptDisable(); d.add(); signals.InterruptEnable() }}, 2e7},
	} {
		t.Run(one.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(torture.Seed(t), 0))
			k := torture.Kernel(t, gpm.Config{CPUs: tortureCPUs, Slice: 100 * time.Microsecond})
			lost, done, err := torture.Lost(k, r, one.Counter, torture.Scale(one.times), torture.Time(1))
			require.NoError(t, err)
			s := k.Stats().Total
			t.Logf("%d additions, %d lost; preempted %d times, moved %d", done, lost, s.Async+s.Sync, s.Migrations)
			require.Zero(t, lost)
			require.Positive(t, done)
			require.Positive(t, s.Async+s.Sync, "no task was preempted: this is no torture")
		})
	}
}

// And without that, additions must be seen to be lost: else the test above would
// prove nothing.
func TestTorturePerCPUUnprotected(t *testing.T) {
	var bare, stale, still cells
	w := percpu.NewWord[int64]()
	for _, counter := range []torture.Counter{
		{Name: "nothing", Sum: bare.sum, Add: bare.add},
		// Protected where the number is taken, but not where it is used.
		{Name: "stale", Sum: stale.sum, Add: func() {
			percpu.GetCPU()
			percpu.PutCPU()
			stale.add()
		}},
		// On the same CPU all the time, but not alone there.
		{Name: "MigrateDisable", Sum: still.sum, Add: func() {
			percpu.MigrateDisable()
			still.add()
			percpu.MigrateEnable()
		}},
		// Two instructions, each safe.
		{Name: "Word.Read, Word.Write", Sum: w.Sum, Add: func() { w.Write(step(w.Read())) }},
	} {
		t.Run(counter.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(torture.Seed(t), 0))
			k := torture.Kernel(t, gpm.Config{CPUs: tortureCPUs, Slice: 100 * time.Microsecond})
			var lost, done int64
			for end := time.Now().Add(time.Minute); lost == 0 && time.Now().Before(end); {
				l, d, err := torture.Lost(k, r, counter, 1e9, 50*time.Millisecond)
				require.NoError(t, err)
				lost, done = max(lost, l, -l), done+d // a stale word may also count twice
			}
			t.Logf("%d additions, %d lost", done, lost)
			require.Positive(t, lost, "nothing was lost: preemption does not come where it should")
		})
	}
}

// What comes out of a pool has been put in, and comes out once: by the history of
// tasks that are preempted and moved all the time.
func TestTorturePoolHistory(t *testing.T) {
	type item struct{ v int }
	history.TestBag(t, 0.1, func() history.Bag {
		p := percpu.NewPool(func() *item { return &item{-1} })
		return history.Bag{
			Put: func(v int) { p.Put(&item{v}) },
			Get: func() (int, bool) {
				x := p.Get()
				return x.v, x.v >= 0
			},
		}
	})
}

// The lists are emptied all the time, and not only after collections: nothing
// comes out that was not put in, or twice. A Get that read how many there were
// before it knew that nobody empties the list just then returned nil.
func TestTorturePoolSwept(t *testing.T) {
	type item struct{ taken atomic.Bool }
	k := torture.Kernel(t, gpm.Config{CPUs: tortureCPUs, Slice: 100 * time.Microsecond})
	p := percpu.NewPool(func() *item { return new(item) })
	var stop atomic.Bool
	var wrong atomic.String
	var rounds atomic.Int64
	var tasks []*gpm.Task
	for range 2 * tortureCPUs {
		tasks = append(tasks, spawn(t, k, gpm.Attr{}, func() {
			var mine [40]*item // more than a list has room for
			for n := 1; !stop.Load(); n = n%len(mine) + 1 {
				for i := range mine[:n] {
					switch mine[i] = p.Get(); {
					case mine[i] == nil:
						wrong.Store("Get returned nil")
						return
					case mine[i].taken.Swap(true):
						wrong.Store("one object twice")
						return
					}
				}
				for i, x := range mine[:n] {
					x.taken.Store(false)
					p.Put(x)
					mine[i] = nil
				}
				rounds.Inc()
			}
		}))
	}
	n := 0
	// At least until one round is over: the host may take the tasks' threads for all that time.
	for end := time.Now().Add(torture.Time(0.1)); (rounds.Load() == 0 || time.Now().Before(end)) && wrong.Load() == ""; n++ {
		percpu.SweepPools()
	}
	stop.Store(true)
	wait(t, tasks...)
	t.Logf("%d rounds, %d sweeps", rounds.Load(), n)
	require.Empty(t, wrong.Load())
	require.Positive(t, rounds.Load())
}
