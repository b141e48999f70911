package lock_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// local is what both LocalLocks can do.
type local interface {
	Lock()
	Unlock()
	LockIRQ()
	UnlockIRQ()
	LockIRQSave() signals.Flags
	UnlockIRQRestore(signals.Flags)
	AssertHeld()
	AssertNotHeld()
}

func locals() map[string]local {
	return map[string]local{"LocalLock": new(lock.LocalLock), "LocalTryLock": lock.NewLocalTryLock()}
}

func TestLocalLock(t *testing.T) {
	for name, l := range locals() {
		for _, fn := range []func(){l.Lock, l.Unlock, l.LockIRQ, l.UnlockIRQ, func() { l.LockIRQSave() }, l.AssertHeld} {
			assert.Len(t, bugsOf(fn), 1, name+" outside a task")
		}
	}
	asTask(t, func(*gpm.Kernel) {
		for name, l := range locals() {
			var f signals.Flags
			for _, way := range []struct {
				lock, unlock func()
				masked       bool
			}{
				{l.Lock, l.Unlock, false},
				{l.LockIRQ, l.UnlockIRQ, true},
				{func() { f = l.LockIRQSave() }, func() { l.UnlockIRQRestore(f) }, true},
			} {
				way.lock()
				assert.EqualValues(t, 1, preempt.Count(), name)
				assert.Equal(t, way.masked, signals.IRQsDisabled(), name)
				assert.Empty(t, bugsOf(l.AssertHeld), name)
				way.unlock()
				assert.Zero(t, preempt.Count(), name)
				assert.False(t, signals.IRQsDisabled(), name)
				assert.Len(t, bugsOf(l.AssertHeld), 1, name)
				assert.Len(t, bugsOf(way.unlock), 1, name)
				assert.False(t, signals.IRQsDisabled(), name)
			}
		}
	})
}

func TestLocalLockNestedBH(t *testing.T) {
	var l lock.LocalLock
	assert.Len(t, bugsOf(l.LockNestedBH), 1)
	asTask(t, func(*gpm.Kernel) {
		assert.Len(t, bugsOf(l.LockNestedBH), 1)
		signals.BHDisable()
		assert.Empty(t, bugsOf(l.LockNestedBH))
		assert.EqualValues(t, preempt.SoftIRQDisableOffset, preempt.Count())
		l.UnlockNestedBH()
		signals.BHEnable()
	})
}

func TestLocalTryLock(t *testing.T) {
	l := lock.NewLocalTryLock()
	asTask(t, func(*gpm.Kernel) {
		assert.True(t, l.TryLock())
		assert.True(t, l.IsLocked())
		assert.False(t, l.TryLock())
		_, ok := l.TryLockIRQSave()
		assert.False(t, ok)
		assert.Len(t, bugsOf(l.Lock), 1, "held already")
		assert.EqualValues(t, 1, preempt.Count())
		assert.False(t, signals.IRQsDisabled())
		l.Unlock()
		assert.False(t, l.IsLocked())
		f, ok := l.TryLockIRQSave()
		assert.True(t, ok)
		assert.True(t, signals.IRQsDisabled())
		l.UnlockIRQRestore(f)
		assert.False(t, signals.IRQsDisabled())
	})
	assert.Len(t, bugsOf(func() { assert.False(t, l.TryLock()) }), 1, "outside a task")
}

// localWays are the ways to take one. Sections exclude each other on one CPU.
func localWays(l local) []torture.Way {
	at := func(name string, lock func(h *torture.Hold), unlock func(h *torture.Hold)) torture.Way {
		return torture.Way{
			Name: name, Mode: torture.Write, Leave: unlock,
			Enter: func(h *torture.Hold) bool { lock(h); h.Place = percpu.RawCPU(); return true },
		}
	}
	irq := at("LockIRQ", func(*torture.Hold) { l.LockIRQ() }, func(*torture.Hold) { l.UnlockIRQ() })
	irq.Outermost = true
	return []torture.Way{
		at("Lock", func(*torture.Hold) { l.Lock() }, func(*torture.Hold) { l.Unlock() }),
		at("LockIRQSave", func(h *torture.Hold) { h.Flags = l.LockIRQSave() }, func(h *torture.Hold) { l.UnlockIRQRestore(h.Flags) }),
		irq,
	}
}

func TestTortureLocalLock(t *testing.T) {
	torture.Test(t, 0.1,
		torture.Subject{Name: "LocalLock", Atomic: true, Allocates: true, Places: 8, New: func() []torture.Way { return localWays(new(lock.LocalLock)) }},
		torture.Subject{Name: "LocalTryLock", Atomic: true, Allocates: true, Places: 8, New: func() []torture.Way {
			l := lock.NewLocalTryLock()
			return append(localWays(l), torture.Way{
				Name: "TryLock", Mode: torture.Write,
				Enter: func(h *torture.Hold) bool {
					if !l.TryLock() {
						return false
					}
					h.Place = percpu.RawCPU()
					return true
				},
				Leave: func(*torture.Hold) { l.Unlock() },
			})
		}},
	)
}
