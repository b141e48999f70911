//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/preempt"
)

var models = []preempt.Model{preempt.Full, preempt.Lazy, preempt.Voluntary, preempt.None}

// events is what happened in which order. Tasks of one CPU write it, without a lock.
type events struct {
	n    atomic.Int32
	what [32]atomic.String
}

func (e *events) add(what string) { e.what[e.n.Inc()-1].Store(what) }

func (e *events) list() (list []string) {
	for i := range e.n.Load() {
		list = append(list, e.what[i].Load())
	}
	return list
}

// visits returns how often a task of CPU 0 has left it though it neither blocked nor
// yielded.
//
//go:norace
func (k *Kernel) visits() uint64 { return k.cpus[0].Async + k.cpus[0].Sync }

//go:norace
func (k *Kernel) ticks() uint64 { return k.cpus[0].Ticks }

// lateTest ends a loop that waits for what does not come.
func lateTest(start time.Time) bool { return time.Since(start) > 20*time.Second }

// Who runs when, in each model: a FIFO task, woken by one that computes, has to wait
// for the place where the model lets it in, whatever Go wants meanwhile.
func TestPreemptionModels(t *testing.T) {
	testgc.Off(t)
	for _, c := range []struct {
		model preempt.Model
		want  []string
		cond  bool
	}{
		{preempt.Full, []string{"woken", "high", "computed", "enabled", "atomic", "might", "cond"}, false},
		{preempt.Lazy, []string{"woken", "high", "computed", "enabled", "atomic", "might", "cond"}, false},
		{preempt.Voluntary, []string{"woken", "computed", "enabled", "atomic", "high", "might", "cond"}, false},
		{preempt.None, []string{"woken", "computed", "enabled", "atomic", "might", "high", "cond"}, true},
	} {
		k, err := Boot(Config{CPUs: 1, Preemption: c.model})
		require.NoError(t, err)
		require.Equal(t, c.model, k.Preemption())
		require.Equal(t, c.model, k.Stats().Preemption)
		var e events
		in(t, k, Attr{}, func() {
			e.add("woken")
			before := k.visits()
			_, err := k.Spawn(Attr{Policy: FIFO, Priority: 1}, func() { e.add("high") })
			assert.NoError(t, err)
			if c.model >= preempt.Voluntary { // until Go has wanted the CPU twice
				assert.True(t, preempt.NeedResched(), "%v", c.model)
				for start := time.Now(); k.visits() < before+2 && !lateTest(start); {
					call(1)
				}
				assert.True(t, preempt.NeedResched(), "%v: the wish is forgotten", c.model)
			} else {
				call(1)
			}
			e.add("computed")
			preempt.Disable()
			preempt.Enable()
			e.add("enabled")
			preempt.Disable()
			preempt.MightResched()
			assert.False(t, preempt.CondResched(), "%v: in an atomic section", c.model)
			preempt.EnableNoResched()
			e.add("atomic")
			preempt.MightResched()
			e.add("might")
			assert.Equal(t, c.cond, preempt.CondResched(), "%v", c.model)
			e.add("cond")
			assert.False(t, preempt.CondResched(), "%v: nobody waits", c.model)
		})
		assert.Equal(t, c.want, e.list(), "%v", c.model)
		shutdown(t, k)
		require.Equal(t, preempt.Full, preempt.GetModel(), "the model has outlived its kernel")
	}
}

// A task that is woken by one of policy Idle, and is to have its CPU: at once, at the
// latest with the tick after next, or when the other says so.
func TestLazyPreemption(t *testing.T) {
	testgc.Off(t)
	for _, model := range models {
		t.Run(model.String(), func(t *testing.T) { wokenByIdle(t, model) })
	}
}

func wokenByIdle(t *testing.T, model preempt.Model) {
	k := boot(t, Config{CPUs: 1, Preemption: model, Slice: time.Second})
	var ran, other atomic.Bool
	in(t, k, Attr{Policy: Idle}, func() {
		_, err := k.Spawn(Attr{}, func() { ran.Store(true) })
		assert.NoError(t, err)
		call(1)
		assert.Equal(t, model == preempt.Full, ran.Load(), "%v", model)
		if model == preempt.Lazy {
			assert.False(t, preempt.CondResched())
			assert.False(t, ran.Load(), "CondResched has switched")
			_, err := k.Spawn(Attr{Policy: RR, Priority: 1}, func() { other.Store(true) })
			assert.NoError(t, err)
			call(1)
			assert.True(t, other.Load(), "an RR task was woken")
			// That was a pick, which meets all wishes but this task's own.
		}
		runtime.Gosched()
		assert.True(t, ran.Load(), "%v: Gosched", model)
	})
}

// The tick makes a lazy wish an urgent one.
func TestLazyTick(t *testing.T) {
	testgc.Off(t)
	k := boot(t, Config{CPUs: 1, Preemption: preempt.Lazy})
	for range 5 {
		var ran atomic.Bool
		in(t, k, Attr{Policy: Idle}, func() {
			before := k.ticks()
			_, err := k.Spawn(Attr{}, func() { ran.Store(true) })
			assert.NoError(t, err)
			for start := time.Now(); !ran.Load() && !lateTest(start); {
				call(1)
			}
			assert.True(t, ran.Load())
			assert.LessOrEqual(t, k.ticks()-before, uint64(3), "ticks until the switch")
		})
	}
}

// The end of a slice is a lazy wish, too.
func TestLazySlice(t *testing.T) {
	testgc.Off(t)
	k := boot(t, Config{CPUs: 1, Preemption: preempt.Lazy})
	seen := false
	for n := 0; n < 50 && !seen; n++ { // Go may come first
		var ran atomic.Bool
		in(t, k, Attr{}, func() {
			_, err := k.Spawn(Attr{}, func() { ran.Store(true) })
			assert.NoError(t, err)
			for start := time.Now(); !ran.Load() && !lateTest(start); {
				seen = seen || k.needsLazily()
				call(1)
			}
			assert.True(t, ran.Load())
		})
	}
	require.True(t, seen)
}

//go:norace
func (k *Kernel) needsLazily() bool { return k.cpus[0].NeedLazy != 0 }

// The end of a slice is a wish like any other: under None it is met when the task asks,
// also if the scheduler has come by before.
func TestSliceUnderNone(t *testing.T) {
	testgc.Off(t)
	k := boot(t, Config{CPUs: 1, Preemption: preempt.None, Slice: 100 * time.Microsecond})
	for _, attr := range []Attr{{}, {Policy: RR, Priority: 1}} {
		var e events
		in(t, k, attr, func() {
			before, visits := k.ticks(), k.visits()
			_, err := k.Spawn(attr, func() { e.add("equal") })
			assert.NoError(t, err)
			for start := time.Now(); (k.ticks() < before+5 || k.visits() == visits) && !lateTest(start); {
				call(1)
			}
			e.add("computed")
			assert.True(t, preempt.CondResched(), "%v", attr.Policy)
			e.add("cond")
		})
		assert.Equal(t, []string{"computed", "equal", "cond"}, e.list(), "%v", attr.Policy)
	}
}

// A timer expires though the task that runs keeps its CPU, and not only when Go happens
// to want something of it, 10 ms later; and who is woken runs on another CPU.
func TestTimerUnderNone(t *testing.T) {
	testgc.Off(t)
	k := boot(t, Config{CPUs: 2, Preemption: preempt.None})
	const soon = 8 * time.Millisecond
	for _, atomically := range []bool{false, true} {
		best := time.Hour
		for n := 0; n < 30 && best > soon; n++ {
			best = min(best, oversleep(t, k, atomically))
		}
		require.Less(t, best, soon, "in atomic sections: %v", atomically)
	}
}

// oversleep has a task sleep on CPU 0, which another then keeps, and returns how much
// too late it wakes.
func oversleep(t *testing.T, k *Kernel, atomically bool) time.Duration {
	var awake atomic.Bool
	var due atomic.Time
	var late atomic.Duration
	sleeper := spawn(t, k, Attr{CPUs: []int{0}}, func() {
		assert.NoError(t, Current().SetAttr(Attr{})) // nobody is better: it stays until it sleeps
		due.Store(time.Now().Add(2 * time.Millisecond))
		Sleep(2 * time.Millisecond) // and the other runs
		late.Store(time.Since(due.Load()))
		awake.Store(true)
	})
	in(t, k, Attr{CPUs: []int{0}}, func() {
		for start := time.Now(); due.Load().IsZero() && !lateTest(start); {
			runtime.Gosched()
		}
		for start := time.Now(); !awake.Load() && !lateTest(start); {
			if !atomically {
				call(1)
				continue
			}
			preempt.Disable() // nearly all the time
			for range 10_000 {
				call(1)
			}
			preempt.Enable()
		}
		assert.True(t, awake.Load())
	})
	wait(t, sleeper)
	return late.Load()
}

// A task that is not to be preempted is not interrupted for nothing either.
func TestNoneLeavesAlone(t *testing.T) {
	testgc.Off(t)
	k := boot(t, Config{CPUs: 1, Preemption: preempt.None, Slice: 100 * time.Microsecond})
	in(t, k, Attr{}, func() {
		for range 2 {
			before, visits := k.ticks(), k.visits()
			_, err := k.Spawn(Attr{}, func() {})
			assert.NoError(t, err)
			for start := time.Now(); k.ticks() < before+200 && !lateTest(start); {
				call(1)
			}
			// Go wants the CPU every 10 ms, that is 100 ticks.
			assert.LessOrEqual(t, 3*(k.visits()-visits), 2*(k.ticks()-before))
			_, err = k.Spawn(Attr{Policy: FIFO, Priority: 1}, func() {})
			assert.NoError(t, err)
			visits = k.visits()
			for range 1000 {
				_, err = k.Spawn(Attr{Policy: FIFO, Priority: 1}, func() {})
				assert.NoError(t, err)
			}
			assert.Less(t, k.visits()-visits, uint64(500), "each wake-up was a preemption")
			preempt.CondResched()
		}
	})
}

// The collector gets every CPU, in each model, from tasks that compute without end,
// with and without atomic sections.
func TestCollectorInAllModels(t *testing.T) {
	for _, model := range models {
		t.Run(model.String(), func(t *testing.T) { collects(t, model) })
	}
}

func collects(t *testing.T, model preempt.Model) {
	k := boot(t, Config{CPUs: 2, Preemption: model})
	var stop atomic.Bool
	defer stop.Store(true)
	hogs := []*Task{
		spawn(t, k, Attr{CPUs: []int{0}}, func() {
			for !stop.Load() {
				call(1)
			}
		}),
		spawn(t, k, Attr{CPUs: []int{1}}, func() {
			for !stop.Load() {
				preempt.Disable() // nearly all the time: what Go wants, it wants in a section
				for range 1000 {
					call(1)
				}
				preempt.Enable()
			}
		}),
	}
	done := make(chan struct{})
	times := 5
	if testing.Short() {
		times = 2
	}
	go func() {
		defer close(done)
		for range times {
			runtime.GC()
		}
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Errorf("%v: runtime.GC has not returned", model)
	}
	stop.Store(true)
	wait(t, hogs...)
}

// A new model is acted upon at once: what waits under None runs when that is over.
func TestSetPreemption(t *testing.T) {
	testgc.Off(t)
	k, err := Boot(Config{CPUs: 2})
	require.NoError(t, err)
	require.ErrorIs(t, k.SetPreemption(99), preempt.ErrModel)
	for _, from := range []preempt.Model{preempt.None, preempt.Voluntary} {
		for _, to := range []preempt.Model{preempt.Full, preempt.Lazy} {
			require.NoError(t, k.SetPreemption(from))
			var stop, ran [2]atomic.Bool
			var tasks []*Task
			for i := range stop {
				defer stop[i].Store(true)
				begun := make(chan struct{})
				tasks = append(tasks, spawn(t, k, Attr{CPUs: []int{i}}, func() {
					close(begun)
					for !stop[i].Load() {
						call(1)
					}
				}))
				<-begun
				tasks = append(tasks, spawn(t, k, Attr{CPUs: []int{i}, Policy: FIFO, Priority: 1}, func() { ran[i].Store(true) }))
			}
			time.Sleep(30 * time.Millisecond)
			for i := range ran {
				require.False(t, ran[i].Load(), "%v: CPU %d was preempted", from, i)
			}
			before := k.Stats()
			require.NoError(t, k.SetPreemption(to))
			for i, c := range before.CPUs {
				require.Eventually(t, func() bool { return k.Stats().CPUs[i].IPIs > c.IPIs }, time.Minute, time.Millisecond, "CPU %d is not told", i)
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			for i := range ran {
				require.NoError(t, tasks[2*i+1].Wait(ctx), "%v to %v: CPU %d", from, to, i)
			}
			cancel()
			for i := range stop {
				stop[i].Store(true)
			}
			wait(t, tasks...)
		}
	}
	require.NoError(t, k.SetPreemption(preempt.None))
	_, err = k.SelfTest() // needs preemption, and sees to it
	require.NoError(t, err)
	require.Equal(t, preempt.None, k.Preemption())
	shutdown(t, k)
	require.ErrorIs(t, k.SetPreemption(preempt.Full), ErrShutdown)
}
