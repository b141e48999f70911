package preempt_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

var kernel = kerneltest.Boot

// in runs fn as a task of its own kernel.
func in(t testing.TB, fn func()) {
	t.Helper()
	kerneltest.In(t, kernel(t, gpm.Config{}), gpm.Attr{}, fn)
}

func TestCountNests(t *testing.T) {
	in(t, func() {
		assert.Zero(t, preempt.Count())
		for i := uint32(1); i <= 20; i++ {
			preempt.Disable()
			assert.Equal(t, i, preempt.Count())
			assert.True(t, preempt.InAtomic())
			assert.False(t, preempt.Preemptible())
		}
		for i := uint32(20); i > 0; i-- {
			assert.Equal(t, i, preempt.Count())
			if i%2 == 0 {
				preempt.Enable()
			} else {
				preempt.EnableNoResched()
			}
		}
		assert.True(t, preempt.Preemptible())
	})
}

func TestContexts(t *testing.T) {
	in(t, func() {
		assert.True(t, preempt.InTask())
		for _, c := range []struct {
			offset                         uint32
			task, soft, serving, hard, nmi bool
		}{
			{preempt.SoftIRQOffset, false, true, true, false, false},
			{preempt.SoftIRQDisableOffset, true, true, false, false, false},
			{preempt.HardIRQOffset, false, false, false, true, false},
			{preempt.NMIOffset, false, false, false, false, true},
		} {
			preempt.Disable() // nothing is taken while the fields are checked
			preempt.AddCount(c.offset)
			assert.Equal(t, c.task, preempt.InTask(), "%#x", c.offset)
			assert.Equal(t, c.soft, preempt.InSoftIRQ(), "%#x", c.offset)
			assert.Equal(t, c.serving, preempt.InServingSoftIRQ(), "%#x", c.offset)
			assert.Equal(t, c.hard, preempt.InHardIRQ(), "%#x", c.offset)
			assert.Equal(t, c.nmi, preempt.InNMI(), "%#x", c.offset)
			assert.True(t, preempt.InInterrupt(), "%#x", c.offset)
			assert.Equal(t, c.offset+1, preempt.Count())
			preempt.SubCount(c.offset)
			preempt.Enable()
		}
		assert.False(t, preempt.InInterrupt())
	})
}

// caught runs fn with a handler and returns the Bugs it was called for.
func caught(fn func()) (bugs []*preempt.Bug) {
	old := preempt.SetBugHandler(func(b *preempt.Bug) { bugs = append(bugs, b) })
	defer preempt.SetBugHandler(old)
	fn()
	return bugs
}

func TestBugs(t *testing.T) {
	one := func(t *testing.T, what string, fn func()) {
		t.Helper()
		bugs := caught(fn)
		if assert.Len(t, bugs, 1) {
			assert.Contains(t, bugs[0].What, what)
			assert.Contains(t, bugs[0].Caller, "preempt_test.go")
			assert.ErrorIs(t, bugs[0], preempt.ErrBug)
		}
	}
	t.Run("outside a task", func(t *testing.T) {
		one(t, "outside a task", preempt.Disable)
		one(t, "outside a task", preempt.Enable)
		one(t, "outside a task", preempt.EnableNoResched)
		one(t, "outside a task", func() { preempt.AddCount(preempt.PreemptOffset) })
		one(t, "outside a task", func() { preempt.SubCount(preempt.PreemptOffset) })
		one(t, "outside a task", func() { signals.IRQDisable() })
		one(t, "outside a task", func() { signals.HardIRQDisable() })
		one(t, "outside a task", func() { percpu.CPU() })
		assert.Zero(t, preempt.Count())
		assert.False(t, preempt.Preemptible())
		assert.False(t, preempt.NeedResched())
		assert.False(t, preempt.InTask())
		preempt.SetNeedResched()
		preempt.CheckResched()
	})
	in(t, func() {
		one(t, "below zero", preempt.Enable)
		one(t, "below zero", preempt.EnableNoResched)
		one(t, "below zero", func() { preempt.SubCount(preempt.HardIRQOffset) })
		assert.Zero(t, preempt.Count(), "a BUG loses nothing")
	})
}

func TestBugPanicsByDefault(t *testing.T) {
	in(t, func() {
		defer func() {
			b, ok := recover().(*preempt.Bug)
			if assert.True(t, ok) {
				assert.Contains(t, b.Error(), "Enable without Disable")
				assert.Contains(t, b.Error(), "preempt_count 0x0")
			}
		}()
		preempt.Enable()
	})
}

func TestOverflow(t *testing.T) {
	in(t, func() {
		bugs := caught(func() {
			for range preempt.PreemptMask - 11 {
				preempt.Disable()
			}
			assert.Equal(t, uint32(preempt.PreemptMask-11), preempt.Count())
		})
		assert.Empty(t, bugs)
		bugs = caught(preempt.Disable)
		for preempt.Count() > 0 {
			preempt.EnableNoResched()
		}
		if assert.Len(t, bugs, 1) {
			assert.Contains(t, bugs[0].What, "within 10")
		}
	})
}

func TestSchedulingWhileAtomic(t *testing.T) {
	k := kernel(t, gpm.Config{})
	kerneltest.In(t, k, gpm.Attr{}, func() {
		c := make(chan int)
		before := k.Stats().Total.AtomicParks
		go func() {
			// Not before the task waits, however long its thread is away.
			for start := time.Now(); k.Stats().Total.AtomicParks == before && time.Since(start) < time.Minute; {
				time.Sleep(time.Millisecond)
			}
			c <- 1
		}()
		bugs := caught(func() {
			preempt.Disable()
			<-c // blocks
			preempt.Enable()
		})
		if assert.Len(t, bugs, 1) {
			assert.Equal(t, "scheduling while atomic", bugs[0].What)
			assert.Contains(t, bugs[0].Caller, "TestSchedulingWhileAtomic")
			assert.Contains(t, bugs[0].Stack, "runtime.chanrecv")
			assert.Equal(t, uint32(1), bugs[0].Count)
		}
		bugs = caught(func() {
			preempt.Disable()
			runtime.Gosched()
			preempt.Enable()
		})
		if assert.Len(t, bugs, 1) {
			assert.True(t, strings.Contains(bugs[0].Stack, "Gosched") || strings.Contains(bugs[0].Caller, "TestSchedulingWhileAtomic"), bugs[0])
		}
		assert.Empty(t, caught(func() { preempt.Disable(); preempt.Enable(); time.Sleep(time.Millisecond) }))
	})
}

// While preemption is off, nothing else runs on the CPU; the end of the section
// lets in who waits.
func TestDisableExcludes(t *testing.T) {
	for _, section := range []struct {
		name       string
		begin, end func()
	}{
		{"preempt", preempt.Disable, preempt.Enable},
		{"percpu", func() { percpu.GetCPU() }, percpu.PutCPU},
		{"irq", signals.IRQDisable, signals.IRQEnable},
		{"counted", signals.InterruptDisable, signals.InterruptEnable},
		{"hard", signals.HardIRQDisable, signals.HardIRQEnable},
		{"softirq", func() { preempt.AddCount(preempt.SoftIRQDisableOffset) }, func() { preempt.SubCount(preempt.SoftIRQDisableOffset); preempt.CheckResched() }},
	} {
		t.Run(section.name, func(t *testing.T) {
			k := kernel(t, gpm.Config{CPUs: 1, Slice: 100 * time.Microsecond})
			var inside atomic.Bool
			violated, rounds := 0, 0
			low, err := k.Spawn(gpm.Attr{}, func() {
				for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); rounds++ {
					section.begin()
					inside.Store(true)
					for x := 0; x < 200_000; x++ {
						_ = x
					}
					inside.Store(false)
					section.end()
				}
			})
			require.NoError(t, err)
			done := make(chan struct{})
			high, err := k.Spawn(gpm.Attr{Policy: gpm.FIFO, Priority: 9}, func() {
				defer close(done)
				for low.State() != gpm.Dead {
					if inside.Load() {
						violated++
					}
					time.Sleep(100 * time.Microsecond)
				}
			})
			require.NoError(t, err)
			<-done
			require.NoError(t, high.Wait(context.Background()))
			require.NoError(t, low.Wait(context.Background()))
			assert.Zero(t, violated)
			assert.Positive(t, rounds)
		})
	}
}

// A preemption that was wanted in the section comes at its end.
func TestEnableReschedules(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 1})
	var mu sync.Mutex
	var order []string
	add := func(s string) { mu.Lock(); order = append(order, s); mu.Unlock() }
	low, err := k.Spawn(gpm.Attr{}, func() {
		preempt.Disable()
		_, err := k.Spawn(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() { add("high") })
		assert.NoError(t, err)
		add("in the section")
		assert.True(t, preempt.NeedResched())
		preempt.EnableNoResched()
		preempt.Disable()
		preempt.Enable()
		add("after it")
	})
	require.NoError(t, err)
	require.NoError(t, low.Wait(context.Background()))
	assert.Equal(t, []string{"in the section", "high", "after it"}, order)
}

func TestIRQFlags(t *testing.T) {
	in(t, func() {
		assert.False(t, signals.IRQsDisabled())
		f := signals.IRQSave()
		assert.True(t, signals.IRQsDisabled())
		g := signals.IRQSave()
		signals.IRQRestore(g)
		assert.True(t, signals.IRQsDisabled(), "the inner pair changes nothing")
		signals.IRQRestore(f)
		assert.False(t, signals.IRQsDisabled())

		signals.InterruptDisable()
		signals.InterruptDisable()
		signals.IRQDisable()
		signals.IRQEnable()
		signals.InterruptEnable()
		assert.True(t, signals.IRQsDisabled())
		signals.InterruptEnable()
		assert.False(t, signals.IRQsDisabled())

		signals.HardIRQDisable()
		signals.HardIRQDisable()
		signals.HardIRQEnable()
		assert.True(t, signals.IRQsDisabled())
		signals.HardIRQEnable()
		assert.False(t, signals.IRQsDisabled())

		assert.Len(t, caught(signals.InterruptEnable), 1)
		assert.Len(t, caught(signals.HardIRQEnable), 1)
	})
}

func TestCPUNumbers(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 2})
	assert.Equal(t, -1, percpu.RawCPU())
	for want := range 2 {
		kerneltest.In(t, k, gpm.Attr{CPUs: []int{want}}, func() {
			assert.Equal(t, want, percpu.GetCPU())
			assert.Equal(t, want, percpu.CPU())
			percpu.PutCPU()
			assert.Equal(t, want, percpu.CPU(), "it may run nowhere else")
		})
	}
}

func BenchmarkDisableEnable(b *testing.B) {
	k := kernel(b, gpm.Config{})
	task, err := k.Spawn(gpm.Attr{}, func() {
		for b.Loop() {
			preempt.Disable()
			preempt.Enable()
		}
	})
	require.NoError(b, err)
	require.NoError(b, task.Wait(context.Background()))
}
