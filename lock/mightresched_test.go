package lock

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/preempt"
)

// Whatever might sleep lets others run under Voluntary, whether it sleeps or not, and
// only there.
func TestMightResched(t *testing.T) {
	testgc.Off(t) // the collector would let others run
	var m Mutex
	var rw RWSem
	var rt RTMutex
	var c Completion
	var q WaitQueue
	var ww WWMutex
	sem, pcpu := NewSemaphore(1), NewPerCPURWSem()
	c.CompleteAll()
	pair := func(lock, unlock func()) func() { return func() { lock(); unlock() } }
	primitives := []struct {
		name string
		fn   func()
	}{
		{"MightSleep", MightSleep},
		{"Mutex.Lock", pair(m.Lock, m.Unlock)},
		{"Mutex.LockNested", pair(func() { m.LockNested(1) }, m.Unlock)},
		{"RWSem.Lock", pair(rw.Lock, rw.Unlock)},
		{"RWSem.RLock", pair(rw.RLock, rw.RUnlock)},
		{"RTMutex.Lock", pair(rt.Lock, rt.Unlock)},
		{"WWMutex.Lock", pair(func() { _ = ww.Lock(nil) }, ww.Unlock)},
		{"Semaphore.Down", pair(sem.Down, sem.Up)},
		{"PerCPURWSem.RLock", pair(pcpu.RLock, pcpu.RUnlock)},
		{"Completion.Wait", c.Wait},
		{"WaitQueue.WaitEvent", func() { q.WaitEvent(func() bool { return true }) }},
	}
	for _, model := range []preempt.Model{preempt.None, preempt.Voluntary} {
		t.Run(model.String(), func(t *testing.T) {
			k := kernel(t, gpm.Config{CPUs: 1, Preemption: model})
			kerneltest.In(t, k, gpm.Attr{}, func() {
				for _, p := range primitives {
					p.fn() // what it allocates once it has now
					var ran atomic.Bool
					assert.NoError(t, k.Go(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() { ran.Store(true) }))
					assert.False(t, ran.Load())
					p.fn()
					assert.Equal(t, model == preempt.Voluntary, ran.Load(), p.name)
					preempt.CondResched()
					assert.True(t, ran.Load(), p.name)
				}
				var l SpinLock
				var ran atomic.Bool
				assert.NoError(t, k.Go(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() { ran.Store(true) }))
				l.Lock()
				preempt.CondResched()
				assert.False(t, ran.Load(), "CondResched with a lock held")
				l.Unlock()
				assert.False(t, ran.Load(), "Unlock")
				l.Lock()
				assert.True(t, CondReschedLock(&l))
				assert.True(t, ran.Load(), "CondReschedLock")
				l.Unlock()
			})
		})
	}
}
