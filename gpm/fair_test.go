//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math/big"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/testgc"
)

// The queue picks as EEVDF defines it: of the tasks that are not ahead of the
// average the one with the first deadline, but for the slack that it may have.
// Tasks come, go, run, block and change their weights at random; exact fractions
// say who is eligible.
func TestEEVDF(t *testing.T) {
	t.Run("exact", func(t *testing.T) { testEEVDF(t, 0) })
	t.Run("with slack", func(t *testing.T) { testEEVDF(t, 1000) })
}

func testEEVDF(t *testing.T, grain int64) {
	r := newRand(t)
	c := &vcpu{k: &Kernel{}}
	c.number, c.grain = 1, grain
	var classes []*attrs
	for range 6 {
		a := &attrs{weight: weights[r.IntN(len(weights))], slice: 1000 + r.Int64N(1e6)}
		a.vslice = scale(a.slice, a.weight)
		classes = append(classes, a)
	}
	var queued []*Task
	var cur *Task
	drop := func(task *Task) {
		i := slices.Index(queued, task)
		queued = slices.Delete(queued, i, i+1)
	}
	rounds := 100_000
	if testing.Short() {
		rounds = 20_000
	}
	for range rounds {
		switch n := r.IntN(10); {
		case cur != nil:
			ran := r.Int64N(2e6)
			cur.seen -= ran
			if n == 1 {
				cur.attrs = classes[r.IntN(len(classes))]
			}
			if n > 1 {
				c.put(cur, []putting{putRest, putEnd, putYield}[r.IntN(3)])
				queued = append(queued, cur)
				c.leaves(nil, cpu.ReasonPreempt)
			} else {
				c.blocks(cur)
			}
			cur = nil
		case n < 5 && len(queued) < 40:
			task := &Task{k: c.k, attrs: classes[r.IntN(len(classes))]}
			task.lag = r.Int64N(1e6) - 5e5
			c.put(task, putNew)
			queued = append(queued, task)
		case n == 5 && len(queued) > 0:
			task := queued[r.IntN(len(queued))]
			c.leave(task)
			drop(task)
		case len(queued) > 0:
			protected := c.protected
			if protected != nil && protected.on == 0 {
				protected = nil
			}
			got := c.first()
			if len(queued) > 1 && protected != nil {
				require.Same(t, protected, got)
			} else {
				checkEEVDF(t, queued, got, c)
			}
			c.remove(got)
			drop(got)
			c.starts(got)
			cur = got
		}
		require.Equal(t, int32(len(queued)), c.level[0].n)
		if len(queued) > 1 {
			var load int64
			for _, task := range queued {
				load += task.weight
			}
			require.Equal(t, load, c.load)
		}
	}
}

// checkEEVDF checks that got is the one of queued to run, and that V is the average, of
// them and what is owed.
func checkEEVDF(t *testing.T, queued []*Task, got *Task, c *vcpu) {
	times := func(v, weight int64) *big.Int { return new(big.Int).Mul(big.NewInt(v), big.NewInt(weight)) }
	v, load := c.fair.now, c.debts.weight
	sum := new(big.Int).Add(times(c.debts.base, load), big.NewInt(c.debts.sum))
	for _, task := range queued {
		sum.Add(sum, times(task.v, task.weight))
		load += task.weight
	}
	average := new(big.Int).Div(sum, big.NewInt(load)).Int64()
	require.InDelta(t, average, v, 2)
	if got.v > v+2+c.grain {
		for _, task := range queued {
			require.LessOrEqual(t, got.v, task.v, "it is ahead, and not all are")
		}
		return
	}
	for _, task := range queued {
		if task.v < v-2 {
			require.LessOrEqual(t, got.deadline, task.deadline+c.grain, "of %d", len(queued))
		}
	}
}

// shares has tasks with these attributes compute on one CPU for a while, and
// returns the part of the time that each got, and that the host took.
func shares(t *testing.T, config Config, d time.Duration, all ...Attr) (got []float64, host float64) {
	k := boot(t, config)
	watch := watchHost()
	var stop atomic.Bool
	defer stop.Store(true)
	var tasks []*Task
	before, after := make([]int64, len(all)), make([]int64, len(all))
	in(t, k, Attr{Policy: FIFO, Priority: 99}, func() {
		for _, attr := range all {
			tasks = append(tasks, spawn(t, k, attr, func() { compute(&stop) }))
		}
		Sleep(10 * time.Millisecond) // until each has begun
		for i, task := range tasks {
			before[i] = task.Cycles()
		}
		Sleep(d)
		for i, task := range tasks {
			after[i] = task.Cycles()
		}
	})
	stop.Store(true)
	wait(t, tasks...)
	sum := 0.0
	for i := range all {
		got = append(got, float64(after[i]-before[i]))
		sum += got[i]
	}
	for i := range got {
		got[i] /= sum
	}
	return got, watch.took()
}

// Tasks of different nice values that compute share a CPU by their weights.
func TestFairShares(t *testing.T) {
	d, within := 10*time.Second, 0.01
	if testing.Short() {
		d, within = time.Second, 0.03
	}
	var all []Attr
	sum := int64(0)
	for _, nice := range []int{-10, -3, 0, 0, 0, 2, 5, 10, 19} {
		all = append(all, Attr{Nice: nice})
		sum += weights[nice-MinNice]
	}
	all = append(all, Attr{Policy: Batch, Nice: 1}, Attr{Slice: 300 * time.Microsecond}, Attr{Slice: 5 * time.Millisecond})
	sum += weights[1-MinNice] + 2*niceZero
	got, host := shares(t, Config{CPUs: 1}, d, all...)
	t.Logf("the host took %.3f", host)
	for i, attr := range all {
		want := float64(weights[attr.Nice-MinNice]) / float64(sum)
		t.Logf("nice %3d: %.4f, by weight %.4f, off by %.2f %% of the CPU, %.1f %% of its share", attr.Nice, got[i], want, 100*(got[i]-want), 100*(got[i]/want-1))
		assert.InDelta(t, want, got[i], within+host, "%+v", attr)
		// Of its own share it has most, but for a turn at either end.
		assert.GreaterOrEqual(t, got[i], 0.75*want*(1-host)-2*max(attr.Slice, defaultSlice).Seconds()/d.Seconds(), "%+v", attr)
	}
}

// An Idle task gets next to nothing beside a Normal one, but not nothing.
func TestIdlePolicy(t *testing.T) {
	k := boot(t, Config{CPUs: 1, Slice: 200 * time.Microsecond})
	watch := watchHost()
	tasks, end := computing(t, k, Attr{}, Attr{Policy: Idle})
	time.Sleep(time.Second)
	got := float64(tasks[1].Cycles()) / float64(tasks[0].Cycles())
	require.NoError(t, until(func() bool { return tasks[1].Cycles() > 0 }))
	end()
	host := watch.took()
	t.Logf("%.4f, the host took %.3f", got, host)
	assert.Less(t, got, 0.02+2*host)
}

// A Normal task that wakes takes the CPU from an Idle one at once; a Batch one
// does not take it from a Normal one, nor does an equal.
func TestWakeupPreemption(t *testing.T) {
	testgc.Off(t) // it must not stop the one that runs
	k := boot(t, Config{CPUs: 1, Slice: 500 * time.Millisecond})
	for _, c := range []struct {
		runs, wakes Attr
		preempts    bool
	}{
		{Attr{Policy: Idle}, Attr{}, true},
		{Attr{Policy: Idle}, Attr{Policy: Batch, Nice: 19}, true},
		{Attr{Policy: Idle}, Attr{Policy: Idle}, false},
		{Attr{}, Attr{}, false},
		{Attr{}, Attr{Policy: Batch, Slice: time.Millisecond}, false},
		{Attr{}, Attr{Slice: time.Millisecond}, true},
		{Attr{Slice: 200 * time.Millisecond}, Attr{}, false},
		{Attr{}, Attr{Policy: FIFO, Priority: 1}, true},
	} {
		var woken, during atomic.Bool
		wake := make(chan struct{}, 1)
		sleeper := spawn(t, k, c.wakes, func() {
			<-wake
			woken.Store(true)
		})
		in(t, k, c.runs, func() {
			for sleeper.State() != Blocked {
				Sleep(time.Millisecond)
			}
			compute := func(d time.Duration) {
				for start := time.Now(); time.Since(start) < d; {
					call(1)
				}
			}
			compute(time.Millisecond) // or the sleeper might have had more than its share
			wake <- struct{}{}
			compute(5 * time.Millisecond)
			during.Store(woken.Load())
		})
		assert.Equal(t, c.preempts, during.Load(), "%+v wakes beside %+v", c.wakes, c.runs)
		wait(t, sleeper)
	}
}

// Who sleeps often, for a moment, gets no more than who computes all the time:
// to sleep does not make a debt forgotten.
func TestSleepersGainNothing(t *testing.T) {
	k := boot(t, Config{CPUs: 1, Slice: time.Millisecond})
	var stop atomic.Bool
	defer stop.Store(true)
	var hog, sleeper *Task
	var got [2]int64
	watch := watchHost()
	in(t, k, Attr{Policy: FIFO, Priority: 99}, func() {
		hog = spawn(t, k, Attr{}, func() { compute(&stop) })
		sleeper = spawn(t, k, Attr{}, func() {
			for !stop.Load() {
				start := time.Now()
				computeUntil(func() bool { return time.Since(start) >= 700*time.Microsecond })
				Sleep(20 * time.Microsecond)
			}
		})
		Sleep(time.Second)
		got = [2]int64{hog.Cycles(), sleeper.Cycles()}
	})
	stop.Store(true)
	wait(t, hog, sleeper)
	part := float64(got[1]) / float64(got[0]+got[1])
	t.Logf("the sleeper got %.3f", part)
	host := watch.took()
	assert.Less(t, part, 0.53+host)
	assert.Greater(t, part, 0.2-host, "nor is it punished without end")
}

// SetAttr changes the nice value of a task that runs, waits or sleeps.
func TestSetAttrNice(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	var stop atomic.Bool
	defer stop.Store(true)
	var tasks []*Task
	var parts []float64
	watch := watchHost()
	in(t, k, Attr{Policy: FIFO, Priority: 99}, func() {
		for range 4 {
			tasks = append(tasks, spawn(t, k, Attr{}, func() { compute(&stop) }))
		}
		Sleep(20 * time.Millisecond)
		begun := make([]int64, len(tasks))
		for i, task := range tasks {
			if i > 0 { // to and fro, so that each state is met
				for n := range 200 {
					assert.NoError(t, task.SetAttr(Attr{Nice: n%40 - 20}))
					if n%10 == 0 {
						Sleep(200 * time.Microsecond)
					}
				}
				assert.NoError(t, task.SetAttr(Attr{Nice: 5}))
			}
		}
		Sleep(20 * time.Millisecond)
		for i, task := range tasks {
			begun[i] = task.Cycles()
		}
		Sleep(time.Second)
		first := float64(tasks[0].Cycles() - begun[0])
		for i, task := range tasks[1:] {
			parts = append(parts, float64(task.Cycles()-begun[i+1])/first)
		}
	})
	stop.Store(true)
	wait(t, tasks...)
	host := watch.took()
	for _, part := range parts {
		assert.InDelta(t, 335.0/1024, part, 0.05+3*host/(1-host))
	}
}

// Tasks that compute are spread by weight: no CPU has more than another by more
// than a task that could move.
func TestFairBalance(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	var stop atomic.Bool
	defer stop.Store(true)
	var tasks []*Task
	for _, nice := range []int{0, 0, 0, 0, -5, 0, 5, 0, 0} {
		tasks = append(tasks, spawn(t, k, Attr{Nice: nice}, func() {
			for !stop.Load() {
				call(1)
			}
		}))
	}
	start := time.Now()
	for balanced := 0; balanced < 20; time.Sleep(time.Millisecond) {
		one, two := k.cpus[0].weight(), k.cpus[1].weight()
		if diff := max(one-two, two-one); diff <= niceZero {
			balanced++
		}
		if time.Since(start) > 30*time.Second {
			require.Fail(t, "not balanced", "weights of %d and %d", one, two)
		}
	}
	stop.Store(true)
	wait(t, tasks...)
}

// A CPU that leaves its tasks waiting, for the world stops, is not idle: who comes
// then is no further behind than others.
func TestStoppedWorldKeepsOrder(t *testing.T) {
	k := boot(t, Config{CPUs: 1, Slice: 200 * time.Microsecond})
	tasks, end := computing(t, k, Attr{})
	watch := watchHost()
	most := int64(0)
	for range 50 {
		for range 3 {
			runtime.GC()
		}
		from, before, at := int64(cpu.Cycles()), tasks[0].Cycles(), int64(0)
		task := spawn(t, k, Attr{}, func() { at = tasks[0].Cycles() })
		spawned := int64(cpu.Cycles()) // before that it need not have waited
		wait(t, task)
		most = max(most, at-before-(spawned-from))
	}
	end()
	assert.Less(t, float64(most), float64(100*k.ms)+watch.took()*float64(int64(cpu.Cycles())-watch.at))
}
