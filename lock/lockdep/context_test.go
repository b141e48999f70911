package lockdep_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// hardIRQ runs fn as the handler of a hard interrupt, as far as anybody can tell.
func hardIRQ(fn func()) {
	f := signals.IRQSave()
	preempt.AddCount(preempt.HardIRQOffset)
	fn()
	preempt.SubCount(preempt.HardIRQOffset)
	signals.IRQRestore(f)
}

// softIRQ runs fn as a softirq's.
func softIRQ(fn func()) {
	preempt.AddCount(preempt.SoftIRQOffset)
	fn()
	preempt.SubCount(preempt.SoftIRQOffset)
}

func with(l *fake, fn func()) func() {
	return func() {
		l.lock()
		fn()
		l.unlock()
	}
}

func atomically(fn func()) {
	preempt.Disable()
	fn()
	preempt.Enable()
}

func nothing() {}

// Usage in interrupts and outside of them.
func TestIRQUsage(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 1})
	type locks struct{ a, b, c *fake }
	for _, c := range []struct {
		name string
		kind error // nil: allowed
		do   func(l locks)
	}{
		{"taken in an interrupt, held with them on", lockdep.ErrInconsistent, func(l locks) {
			hardIRQ(with(l.a, nothing))
			with(l.a, nothing)()
		}},
		{"the other way round", lockdep.ErrInconsistent, func(l locks) {
			with(l.a, nothing)()
			hardIRQ(with(l.a, nothing))
		}},
		{"held with them off", nil, func(l locks) {
			hardIRQ(with(l.a, nothing))
			f := signals.IRQSave()
			with(l.a, nothing)()
			signals.IRQRestore(f)
		}},
		{"enabled while held", lockdep.ErrInconsistent, func(l locks) {
			hardIRQ(with(l.a, nothing))
			signals.IRQDisable()
			l.a.lock()
			signals.IRQEnable()
			l.a.unlock()
		}},
		{"enabled while held, and masked again", lockdep.ErrInconsistent, func(l locks) {
			hardIRQ(with(l.a, nothing))
			signals.IRQDisable()
			l.a.lock()
			signals.IRQEnable()
			signals.IRQDisable()
			l.a.unlock()
			signals.IRQEnable()
		}},
		{"the same, counted", lockdep.ErrInconsistent, func(l locks) {
			hardIRQ(with(l.a, nothing))
			signals.InterruptDisable()
			l.a.lock()
			signals.InterruptEnable()
			signals.InterruptDisable()
			l.a.unlock()
			signals.InterruptEnable()
		}},
		{"the same, softirqs", lockdep.ErrInconsistent, func(l locks) {
			softIRQ(with(l.a, nothing))
			signals.BHDisable()
			l.a.lock()
			signals.BHEnable()
			signals.BHDisable()
			l.a.unlock()
			signals.BHEnable()
		}},
		{"softirq", lockdep.ErrInconsistent, func(l locks) {
			softIRQ(with(l.a, nothing))
			with(l.a, nothing)()
		}},
		{"softirqs off", nil, func(l locks) {
			softIRQ(with(l.a, nothing))
			preempt.AddCount(preempt.SoftIRQDisableOffset)
			with(l.a, nothing)()
			preempt.SubCount(preempt.SoftIRQDisableOffset)
		}},
		{"recursive readers", nil, func(l locks) {
			hardIRQ(func() { l.a.rrlock(); l.a.unlock() })
			l.a.rrlock()
			l.a.unlock()
		}},
		{"recursive readers, the other way round", nil, func(l locks) {
			l.a.rrlock()
			l.a.unlock()
			hardIRQ(func() { l.a.rrlock(); l.a.unlock() })
		}},
		{"readers that wait for waiting writers", lockdep.ErrInconsistent, func(l locks) {
			hardIRQ(func() { l.a.rlock(); l.a.unlock() })
			l.a.rrlock()
			l.a.unlock()
		}},
		{"tried in an interrupt", nil, func(l locks) {
			hardIRQ(func() { l.a.take(lockdep.Exclusive, true, 0); l.a.unlock() })
			with(l.a, nothing)()
		}},
		{"a safe lock leads to an unsafe one", lockdep.ErrIRQDependency, func(l locks) {
			hardIRQ(with(l.a, nothing))
			with(l.b, nothing)()
			signals.IRQDisable()
			with(l.a, with(l.b, nothing))()
			signals.IRQEnable()
		}},
		{"over another", lockdep.ErrIRQDependency, func(l locks) {
			hardIRQ(with(l.a, nothing))
			with(l.c, nothing)()
			signals.IRQDisable()
			with(l.a, with(l.b, nothing))()
			with(l.b, with(l.c, nothing))()
			signals.IRQEnable()
		}},
		{"found when the first becomes safe", lockdep.ErrIRQInversion, func(l locks) {
			with(l.c, nothing)()
			signals.IRQDisable()
			with(l.a, with(l.b, nothing))()
			with(l.b, with(l.c, nothing))()
			signals.IRQEnable()
			hardIRQ(with(l.a, nothing))
		}},
		{"found when the last becomes unsafe", lockdep.ErrIRQInversion, func(l locks) {
			signals.IRQDisable()
			with(l.a, with(l.b, nothing))()
			with(l.b, with(l.c, nothing))()
			signals.IRQEnable()
			hardIRQ(with(l.a, nothing))
			with(l.c, nothing)()
		}},
		{"an interrupt's locks are not under those it found held", nil, func(l locks) {
			with(l.a, func() { hardIRQ(with(l.b, nothing)) })()
			signals.IRQDisable()
			with(l.b, with(l.c, nothing))()
			signals.IRQEnable()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, k, func() {
				r := fresh(t)
				c.do(locks{named("A", lockdep.Raw), named("B", lockdep.Raw), named("C", lockdep.Raw)})
				if c.kind == nil {
					r.none(t)
					return
				}
				p := r.one(t, c.kind)
				assert.Contains(t, p.Error(), "*** DEADLOCK ***")
				assert.Contains(t, p.Error(), "context_test.go")
				id, name := p.Task()
				assert.Positive(t, id)
				assert.Equal(t, t.Name(), name)
				assert.Zero(t, p.CPU())
			})
		})
	}
}

func TestSleepInAtomic(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 1})
	might := func() { lockdep.MightSleep("test") }
	for _, c := range []struct {
		name string
		bad  bool
		do   func()
	}{
		{"plainly", false, might},
		{"preemption off", true, func() { atomically(might) }},
		{"interrupts off", true, func() { signals.IRQDisable(); might(); signals.IRQEnable() }},
		{"softirqs off", true, func() {
			preempt.AddCount(preempt.SoftIRQDisableOffset)
			might()
			preempt.SubCount(preempt.SoftIRQDisableOffset)
		}},
		{"in an interrupt", true, func() { hardIRQ(might) }},
		{"in a reader of RCU", true, with(named("R", lockdep.RCU), might)},
		{"under a spinlock", true, with(named("S", lockdep.Spin), might)},
		{"under a raw spinlock", true, with(named("W", lockdep.Raw), might)},
		{"in a reader of SRCU", false, with(named("U", lockdep.SRCU), might)},
		{"under a mutex", false, with(named("M", lockdep.Sleep), might)},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, k, func() {
				r := fresh(t)
				for range 2 {
					c.do()
				}
				if !c.bad {
					r.none(t)
					return
				}
				p := r.one(t, lockdep.ErrSleepInAtomic)
				assert.Contains(t, p.Error(), ": test\n")
				assert.Contains(t, p.Error(), "TestSleepInAtomic")
			})
		})
	}
}

// Releasing what another holds, and what nobody holds.
func TestUnlockOfOthers(t *testing.T) {
	r := fresh(t)
	a := named("A", lockdep.Sleep)
	a.lock()
	done := make(chan bool)
	go func() {
		defer close(done)
		a.unlock()
	}()
	<-done
	p := r.one(t, lockdep.ErrNotOwner)
	assert.Contains(t, p.Error(), "TestUnlockOfOthers.func1")
	assert.Contains(t, p.Error(), "holds A")
	assert.False(t, a.dep.Held(), "it has lost it")
	a.unlock()
	r.one(t, lockdep.ErrDoubleUnlock)
}

func TestInitAndDestroyOfHeld(t *testing.T) {
	r := fresh(t)
	a := named("A", lockdep.Sleep)
	a.lock()
	a.dep.Destroy()
	r.one(t, lockdep.ErrFreeHeld)
	a.dep.Init(lockdep.Sleep, "A", 0)
	p := r.one(t, lockdep.ErrInitHeld)
	assert.Contains(t, p.Error(), "TestInitAndDestroyOfHeld")
	a.unlock()
	a.dep.Destroy()
	a.dep.Init(lockdep.Sleep, "A", 0)
	r.none(t)
}

func TestHeldAtExit(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 1})
	r := fresh(t)
	a, b := named("A", lockdep.Sleep), named("B", lockdep.Sleep)
	in(t, k, func() {
		a.lock()
		b.lock()
	})
	p := r.one(t, lockdep.ErrHeldAtExit)
	assert.Equal(t, []string{"A", "B"}, p.Classes())
	assert.Contains(t, p.Error(), "holds B")

	// A goroutine that becomes a task for a while keeps its own.
	a.lock()
	require.NoError(t, k.Do(gpm.Attr{}, func() {}))
	r.none(t)
	require.NoError(t, k.Do(gpm.Attr{}, b.lock))
	r.one(t, lockdep.ErrHeldAtExit)
	b.unlock()
	a.unlock()
	r.none(t)

	c := named("C", lockdep.Sleep)
	c.lock()
	lockdep.NoneHeld("a callback")
	r.one(t, lockdep.ErrHeldAtReturn)
	c.unlock()
	lockdep.NoneHeld("a callback")
	r.none(t)
}

// The held locks follow the task, on whatever CPU and thread it goes on.
func TestHeldFollowsTheTask(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 2, Slice: 100 * time.Microsecond})
	r := fresh(t)
	var tasks []*gpm.Task
	for i := range 8 {
		a, b := named("A", lockdep.Sleep), named("B", lockdep.Sleep)
		task, err := k.Spawn(gpm.Attr{}, func() {
			for n := range 2000 {
				a.lock()
				switch n % 50 {
				case 0:
					time.Sleep(10 * time.Microsecond)
				case 1 + i:
					gpm.Outside(func() { assert.True(t, a.dep.Held()) })
				}
				b.lock()
				assert.True(t, a.dep.Held())
				assert.True(t, b.dep.Held())
				a.unlock()
				b.unlock()
				assert.False(t, a.dep.Held())
			}
		})
		require.NoError(t, err)
		tasks = append(tasks, task)
	}
	for _, task := range tasks {
		require.NoError(t, task.Wait(context.Background()))
	}
	r.none(t)
	s := lockdep.ReadStats()
	assert.Equal(t, 2, s.Classes)
	assert.Equal(t, 1, s.Edges)
	assert.EqualValues(t, 8*2000*2, s.Acquired)
	assert.Zero(t, s.Holders)
}

// A goroutine that ends with a lock held is found when its g is used again.
func TestHeldAtGoroutineEnd(t *testing.T) {
	r := fresh(t)
	a, b := named("A", lockdep.Sleep), named("B", lockdep.Sleep)
	done := make(chan bool)
	go func() { defer close(done); a.lock() }()
	<-done
	// No other P keeps ended ones to itself then, and more goroutines at a time than
	// have ended use every g there is.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for n := 1; n <= 10_000 && lockdep.ReadStats().Reports == 0; n *= 10 {
		var all sync.WaitGroup
		together := make(chan bool)
		locked := make(chan bool)
		for range n {
			all.Go(func() { b.lock(); b.unlock(); locked <- true; <-together })
		}
		for range n {
			<-locked
		}
		close(together)
		all.Wait()
	}
	p := r.one(t, lockdep.ErrHeldAtExit)
	assert.Equal(t, []string{"A"}, p.Classes())
	assert.Zero(t, lockdep.ReadStats().Holders)
}
