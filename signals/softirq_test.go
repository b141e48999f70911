package signals_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

func openSoftIRQ(t *testing.T, n signals.SoftIRQ, f func()) {
	t.Helper()
	require.NoError(t, signals.OpenSoftIRQ(n, f))
	t.Cleanup(func() { require.NoError(t, signals.OpenSoftIRQ(n, nil)) })
}

// spinUntil waits in a task that must not block.
func spinUntil(ok func() bool) bool {
	for start := time.Now(); !ok(); {
		if time.Since(start) > time.Minute {
			return false
		}
		runtime.KeepAlive(ok)
	}
	return true
}

// A softirq that is raised with softirqs disabled is served where that ends, in a
// hard interrupt on its way out, else soon, by a task.
func TestSoftIRQ(t *testing.T) {
	bugs := 0
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(*preempt.Bug) { bugs++ }))
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var served atomic.Int32
	var last atomic.Uint32
	const soft = signals.UserSoftIRQ
	openSoftIRQ(t, soft, func() {
		last.Store(preempt.Count())
		assert.True(t, preempt.InServingSoftIRQ())
		assert.False(t, preempt.InHardIRQ())
		assert.False(t, preempt.InTask())
		assert.False(t, signals.IRQsDisabled())
		served.Inc()
	})
	require.ErrorIs(t, signals.OpenSoftIRQ(soft, func() {}), signals.ErrSoftIRQ)
	require.ErrorIs(t, signals.OpenSoftIRQ(signals.TaskletSoftIRQ, func() {}), signals.ErrSoftIRQ)
	require.ErrorIs(t, signals.OpenSoftIRQ(-1, func() {}), signals.ErrSoftIRQ)
	require.ErrorIs(t, signals.OpenSoftIRQ(signals.SoftIRQs, func() {}), signals.ErrSoftIRQ)
	inTask(t, k, 1, func() {
		signals.BHDisable()
		signals.BHDisable()
		signals.RaiseSoftIRQ(soft)
		signals.RaiseSoftIRQ(soft)
		assert.Equal(t, uint32(1)<<soft, signals.LocalSoftIRQPending())
		signals.BHEnable()
		assert.Zero(t, served.Load(), "inside BHDisable")
		signals.BHEnable()
		assert.EqualValues(t, 1, served.Load(), "BHEnable has not served it, or twice")
		assert.EqualValues(t, preempt.SoftIRQOffset+preempt.PreemptOffset, last.Load())
		assert.Zero(t, preempt.Count())
		assert.Zero(t, signals.LocalSoftIRQPending())

		// A plain task leaves it to ksoftirqd, which must wait for preemption.
		preempt.Disable()
		signals.RaiseSoftIRQ(soft)
		early := served.Load()
		preempt.Enable()
		assert.EqualValues(t, 1, early)
	})
	eventually(t, "ksoftirqd has not served it", func() bool { return served.Load() == 2 })
	inTask(t, k, 1, func() {
		signals.IRQDisable()
		signals.RaiseSoftIRQIrqoff(soft)
		signals.IRQEnable()
	})
	eventually(t, "ksoftirqd has not served it", func() bool { return served.Load() == 3 })
	order := make(chan string, 3)
	openSoftIRQ(t, soft+1, func() { order <- "soft" })
	require.NoError(t, signals.SMPCallFunctionSingle(1, func() {
		signals.RaiseSoftIRQ(soft + 1)
		order <- "hard"
	}, false))
	assert.Equal(t, "hard", <-order)
	assert.Equal(t, "soft", <-order)

	assert.Zero(t, bugs)
	signals.RaiseSoftIRQ(soft)
	assert.Equal(t, 1, bugs, "outside a task")
	inTask(t, k, 0, func() {
		signals.RaiseSoftIRQIrqoff(soft)
		assert.Equal(t, 2, bugs, "interrupts on")
		signals.RaiseSoftIRQ(soft + 2)
		assert.Equal(t, 3, bugs, "not open")
		assert.Zero(t, signals.LocalSoftIRQPending())
	})
	for _, i := range signals.SoftIRQCounts() {
		if i.Name == soft.String() {
			assert.Equal(t, []uint64{0, 3}, i.CPUs)
		}
	}
}

// A softirq that raises itself for ever leaves the CPU to tasks: the interrupt task
// gives up after some rounds, and ksoftirqd is a task among others.
func TestSoftIRQStorm(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	var stop atomic.Bool
	var rounds atomic.Int64
	var inline atomic.Int64 // rounds in the first go, by the task itself
	var first atomic.Pointer[gpm.Task]
	storm := signals.UserSoftIRQ + 3
	openSoftIRQ(t, storm, func() {
		rounds.Inc()
		if gpm.Current() == first.Load() { // ksoftirqd may run before the task looks
			inline.Inc()
		}
		if !stop.Load() {
			signals.RaiseSoftIRQ(storm)
		}
	})
	inTask(t, k, 0, func() {
		first.Store(gpm.Current())
		signals.BHDisable()
		signals.RaiseSoftIRQ(storm)
		signals.BHEnable()
	})
	assert.Positive(t, inline.Load())
	assert.LessOrEqual(t, inline.Load(), int64(10))
	for range 20 { // Normal tasks run beside it
		before := rounds.Load()
		inTask(t, k, 0, func() { runtime.Gosched() })
		eventually(t, "ksoftirqd does not go on", func() bool { return rounds.Load() > before })
	}
	stop.Store(true)
	inTask(t, k, 0, func() {
		for signals.LocalSoftIRQPending() != 0 {
			runtime.Gosched()
		}
	})
}

// A handler that leaves the count changed is reported, and the count put right.
func TestSoftIRQCount(t *testing.T) {
	var bugs atomic.Int32
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(*preempt.Bug) { bugs.Inc() }))
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	openSoftIRQ(t, signals.UserSoftIRQ, preempt.Disable)
	inTask(t, k, 0, func() {
		signals.BHDisable()
		signals.RaiseSoftIRQ(signals.UserSoftIRQ)
		signals.BHEnable()
		assert.Zero(t, preempt.Count())
	})
	assert.EqualValues(t, 1, bugs.Load())
}

// A tasklet runs once for any number of Schedules before it, and again for one
// from inside; not while it is disabled; and Kill waits.
func TestTasklet(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var runs atomic.Int32
	var tasklet *signals.Tasklet
	again := false // the tasklet's own
	tasklet = signals.NewTasklet(func() {
		assert.True(t, preempt.InServingSoftIRQ())
		runs.Inc()
		if again {
			again = false
			assert.NoError(t, tasklet.Schedule())
		}
	})
	inTask(t, k, 0, func() {
		signals.BHDisable()
		for range 5 {
			assert.NoError(t, tasklet.Schedule())
			assert.NoError(t, tasklet.HiSchedule())
		}
		assert.Zero(t, runs.Load())
		signals.BHEnable()
		assert.EqualValues(t, 1, runs.Load())
	})
	tasklet.Disable()
	again = true
	tasklet.Enable()
	inTask(t, k, 1, func() {
		signals.BHDisable()
		assert.NoError(t, tasklet.HiSchedule())
		signals.BHEnable()
		// The host may take the thread for so long that ksoftirqd has to do the second.
		assert.GreaterOrEqual(t, runs.Load(), int32(2))
	})
	eventually(t, "Schedule from inside", func() bool { return runs.Load() == 3 })
	tasklet.Disable()
	require.NoError(t, tasklet.Schedule(), "by an ordinary goroutine")
	time.Sleep(2 * time.Millisecond)
	assert.EqualValues(t, 3, runs.Load(), "disabled")
	tasklet.Enable()
	tasklet.Kill()
	assert.EqualValues(t, 4, runs.Load(), "Kill has not waited")
	tasklet.Kill()
	require.NoError(t, tasklet.Schedule())
	eventually(t, "not after Kill", func() bool { return runs.Load() == 5 })
}

// Whoever schedules them, from wherever, tasklets never run on two CPUs at once,
// and each Schedule is followed by a run that sees what was written before it.
func TestTaskletTorture(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 3, Slice: 200 * time.Microsecond})
	const n = 4
	type one struct {
		tasklet  *signals.Tasklet
		inside   atomic.Int32
		asked    atomic.Int64
		answered atomic.Int64
		plain    int // the race detector sees whether runs are ordered
		cpus     [3]int
	}
	var all [n]one
	var twice atomic.Int32
	for i := range all {
		o := &all[i]
		o.tasklet = signals.NewTasklet(func() {
			if o.inside.Inc() != 1 {
				twice.Inc() // t's lock may block
			}
			asked := o.asked.Load()
			o.plain++
			c, _ := cpuNumber()
			o.cpus[c]++
			if o.plain%8 == 0 { // long enough for others to come
				for start := time.Now(); time.Since(start) < 100*time.Microsecond; {
					runtime.KeepAlive(o)
				}
			}
			o.answered.Store(asked)
			o.inside.Dec()
		})
	}
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	work := func(seed int) func() {
		return func() {
			for r := range rounds {
				o := &all[(r*7+seed)%n]
				o.asked.Inc()
				var err error
				switch (r + seed) % 5 {
				case 0:
					err = o.tasklet.HiSchedule()
				case 1:
					signals.BHDisable()
					err = o.tasklet.Schedule()
					signals.BHEnable()
				case 2:
					o.tasklet.DisableNosync()
					err = o.tasklet.Schedule()
					o.tasklet.Enable()
				default:
					err = o.tasklet.Schedule()
				}
				if err != nil {
					t.Error(err)
				}
				if r%16 == 0 {
					runtime.Gosched()
				}
			}
		}
	}
	var tasks []*gpm.Task
	for i := range 6 {
		attr := gpm.Attr{}
		if i%3 == 2 {
			attr = gpm.Attr{Policy: gpm.RR, Priority: 5}
		}
		tasks = append(tasks, kerneltest.Spawn(t, k, attr, work(i)))
	}
	for r := range rounds / 4 {
		o := &all[r%n]
		o.asked.Inc()
		require.NoError(t, o.tasklet.Schedule())
		if r%50 == 0 {
			o.tasklet.Disable()
			if o.inside.Load() != 0 {
				t.Error("running after Disable")
			}
			o.tasklet.Enable()
		}
	}
	kerneltest.Wait(t, tasks...)
	defer func() { assert.Zero(t, twice.Load(), "on two CPUs at once") }()
	for i := range all {
		o := &all[i]
		o.tasklet.Kill()
		assert.Equal(t, o.asked.Load(), o.answered.Load(), "a Schedule without a run after it")
		t.Log(o.plain, "runs", o.cpus)
		assert.Positive(t, o.plain)
	}
}
