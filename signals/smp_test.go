package signals_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// Calls happen on the CPUs that were asked for, once each, as interrupts, and have
// happened when a call that waits returns.
func TestSMPCall(t *testing.T) {
	var bugs atomic.Int32
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(*preempt.Bug) { bugs.Inc() }))
	k := torture.Kernel(t, gpm.Config{CPUs: 3})
	var calls [3]int // each is its CPU's own, and then the waiter's
	own := -1
	var wrong atomic.Bool // t's lock may block
	f := func() {
		n, _ := cpuNumber()
		calls[n]++
		if !signals.IRQsDisabled() || preempt.InHardIRQ() != (n != own) {
			wrong.Store(true)
		}
	}
	require.NoError(t, signals.SMPCallFunctionSingle(2, f, true))
	assert.Equal(t, [3]int{0, 0, 1}, calls)
	require.NoError(t, signals.OnEachCPU(f, true))
	assert.Equal(t, [3]int{1, 1, 2}, calls)
	require.NoError(t, signals.SMPCallFunctionMany([]int{0, 1}, f, true))
	assert.Equal(t, [3]int{2, 2, 2}, calls)
	calls[2]--
	require.NoError(t, signals.SMPCallFunctionMany([]int{2, 2}, f, true))
	assert.Equal(t, [3]int{2, 2, 2}, calls, "once each")
	inTask(t, k, 1, func() {
		own = 1
		assert.NoError(t, signals.SMPCallFunctionSingle(1, f, true), "its own CPU")
		assert.Equal(t, [3]int{2, 3, 2}, calls)
		assert.NoError(t, signals.SMPCallFunctionSingle(0, f, true))
		assert.NoError(t, signals.SMPCallFunctionMany(nil, f, true))
		assert.Equal(t, [3]int{4, 3, 3}, calls)
		assert.NoError(t, signals.OnEachCPU(f, true))
		assert.Equal(t, [3]int{5, 4, 4}, calls)
		assert.False(t, signals.IRQsDisabled())

		assert.Zero(t, bugs.Load())
		signals.IRQDisable()
		assert.ErrorIs(t, signals.SMPCallFunctionSingle(0, f, true), signals.ErrContext)
		signals.IRQEnable()
		preempt.Disable()
		assert.ErrorIs(t, signals.OnEachCPU(f, true), signals.ErrContext)
		preempt.Enable()
		assert.EqualValues(t, 2, bugs.Load(), "waits in atomic context")
		assert.Equal(t, [3]int{5, 4, 4}, calls)
		own = -1
	})
	assert.ErrorIs(t, signals.SMPCallFunctionSingle(3, f, true), signals.ErrCPU)
	assert.ErrorIs(t, signals.SMPCallFunctionMany([]int{0, -1}, f, true), signals.ErrCPU)
	assert.Equal(t, [3]int{5, 4, 4}, calls)
	assert.False(t, wrong.Load(), "in the wrong context")

	// One that does not wait may come from atomic context.
	testgc.Off(t)
	var late atomic.Int32
	inTask(t, k, 0, func() {
		signals.IRQDisable()
		assert.NoError(t, signals.SMPCallFunctionMany(nil, func() { late.Inc() }, false))
		assert.True(t, spinUntil(func() bool { return late.Load() == 2 }))
		signals.IRQEnable()
	})
	table := signals.FormatInterrupts(signals.Interrupts())
	t.Logf("\n%s%s", table, signals.FormatInterrupts(signals.SoftIRQCounts()))
	for _, i := range signals.Interrupts() {
		if i.Name == "CAL" {
			assert.Equal(t, []uint64{5, 3, 6}, i.CPUs)
			assert.EqualValues(t, 14, i.Total())
		}
	}
	assert.Contains(t, table, "Function call interrupts")
	assert.Equal(t, 1+len(signals.Interrupts()), strings.Count(table, "\n"))
}

// Tasks on all CPUs that call each other and wait do not wait for ever, nor does the
// collector.
func TestSMPCallStorm(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 3, Slice: 200 * time.Microsecond})
	rounds := 600
	if testing.Short() {
		rounds = 150
	}
	var calls atomic.Int64
	var tasks []*gpm.Task
	for i := range 6 {
		attr := gpm.Attr{}
		if i%2 == 1 {
			attr = gpm.Attr{Policy: gpm.FIFO, Priority: 1 + i}
		}
		tasks = append(tasks, kerneltest.Spawn(t, k, attr, func() {
			for r := range rounds {
				if err := signals.SMPCallFunctionSingle((i+r)%3, func() { calls.Inc() }, r%4 != 0); err != nil {
					t.Error(err)
				}
				sink.Store(new([1000]byte))
			}
		}))
	}
	for range 5 {
		runtime.GC()
	}
	kerneltest.Wait(t, tasks...)
	eventually(t, "calls are lost", func() bool { return calls.Load() == int64(6*rounds) })
}

// An IRQWork runs once for any number of Queues before it, and again if it is queued
// while it runs.
func TestIRQWork(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var runs atomic.Int32
	var more atomic.Int32
	work := signals.NewIRQWork(func(w *signals.IRQWork) {
		assert.True(t, preempt.InHardIRQ())
		runs.Inc()
		if more.Dec() >= 0 {
			queued, err := w.Queue()
			assert.True(t, queued)
			assert.NoError(t, err)
		}
	})
	inTask(t, k, 1, func() {
		signals.IRQDisable()
		first, err := work.Queue()
		second, err2 := work.QueueOn(0)
		busy := work.Busy()
		early := runs.Load()
		signals.IRQEnable() // it comes here
		late := runs.Load()
		assert.True(t, first)
		assert.False(t, second)
		assert.NoError(t, err)
		assert.NoError(t, err2)
		assert.True(t, busy)
		assert.Zero(t, early)
		assert.EqualValues(t, 1, late, "not when interrupts were unmasked")
		work.Sync()
		assert.False(t, work.Busy())
	})
	more.Store(3)
	_, err := work.QueueOn(0)
	require.NoError(t, err)
	eventually(t, "not queued again", func() bool { return runs.Load() == 5 })
	work.Sync()
	_, err = work.QueueOn(2)
	require.ErrorIs(t, err, signals.ErrCPU)
}

// sink keeps allocations from being optimised away.
var sink atomic.Pointer[[1000]byte]

// While StopMachine's function runs nobody else does: no task, wherever preemption
// is off or on, no callback; and it starts and ends under load, with timers, calls,
// the collector, and several at a time.
func TestStopMachine(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 3, Slice: 200 * time.Microsecond})
	rounds := 200
	if testing.Short() {
		rounds = 40
	}
	var end, stopped atomic.Bool
	var seen atomic.Int64
	plain := 0 // everybody's, in atomic sections
	look := func() {
		if stopped.Load() {
			seen.Inc()
		}
	}
	var tasks []*gpm.Task
	for i := range 5 {
		attr := gpm.Attr{}
		if i == 4 {
			attr = gpm.Attr{Policy: gpm.RR, Priority: 99, CPUs: []int{2}}
		}
		tasks = append(tasks, kerneltest.Spawn(t, k, attr, func() {
			for r := 0; !end.Load(); r++ {
				preempt.Disable()
				look()
				preempt.Enable()
				look()
				sink.Store(new([1000]byte))
				if i == 4 {
					gpm.Sleep(100 * time.Microsecond)
				}
			}
		}))
	}
	timers := make([]*signals.HRTimer, 3)
	for i := range timers {
		timers[i] = signals.NewHRTimer(func(x *signals.HRTimer) signals.HRTimerRestart {
			look()
			x.ForwardNow(150 * time.Microsecond)
			return signals.HRTimerRestarts
		})
		require.NoError(t, timers[i].StartOn(i, 0, signals.HRTimerRel))
	}
	var collector atomic.Int64
	go func() {
		for !end.Load() {
			runtime.GC()
		}
		collector.Inc()
	}()
	boom := errors.New("boom")
	stop := func(r int) error {
		cpus := [][]int{nil, {1}, {0, 1, 2}}[r%3]
		var ran atomic.Int32
		err := signals.StopMachine(func() error {
			if !signals.IRQsDisabled() || preempt.InHardIRQ() {
				t.Error("not masked, or in an interrupt")
			}
			stopped.Store(true)
			if len(cpus) < 2 {
				plain++
			}
			sink.Store(new([1000]byte))
			for range 100 {
				runtime.KeepAlive(k)
			}
			if ran.Inc() == int32(max(1, len(cpus))) {
				stopped.Store(false)
			}
			if r%7 == 0 {
				return boom
			}
			return nil
		}, cpus)
		assert.EqualValues(t, max(1, len(cpus)), ran.Load())
		assert.Equal(t, r%7 == 0, err == boom)
		return err
	}
	tasks2 := kerneltest.Spawn(t, k, gpm.Attr{}, func() {
		for r := range rounds {
			_ = stop(r)
		}
	})
	for r := range rounds {
		_ = stop(r)
	}
	kerneltest.Wait(t, tasks2)
	end.Store(true)
	kerneltest.Wait(t, tasks...)
	for _, x := range timers {
		x.Cancel()
	}
	eventually(t, "the collector", func() bool { return collector.Load() == 1 })
	assert.Zero(t, seen.Load(), "somebody ran in between")
	assert.Positive(t, plain)
	assert.ErrorIs(t, signals.StopMachine(func() error { return nil }, []int{3}), signals.ErrCPU)
}
