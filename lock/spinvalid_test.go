package lock_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// watched turns the validator on for the test.
func watched(t *testing.T) {
	if lockdep.On() {
		t.Skip("it is on already")
	}
	lockdep.Reset()
	lockdep.Enable()
	t.Cleanup(func() {
		lockdep.Disable()
		lockdep.Reset()
	})
}

// The validator knows each of the spinning locks: who holds it, and how.
func TestSpinValidated(t *testing.T) {
	asTask(t, func(*gpm.Kernel) {
		watched(t)
		for name, make := range spinners {
			l := make()
			l.Lock()
			assert.Empty(t, bugsOf(l.AssertHeld), name)
			assert.Len(t, bugsOf(l.AssertNotHeld), 1, name)
			l.Unlock()
			assert.Empty(t, bugsOf(l.AssertNotHeld), name)
			assert.True(t, l.TryLock(), name)
			assert.Len(t, bugsOf(l.AssertNotHeld), 1, name)
			l.Unlock()
		}
		for name, make := range exclusive {
			l := make()
			l.Lock()
			assert.Len(t, bugsOf(l.(interface{ AssertNotHeld() }).AssertNotHeld), 1, name)
			l.Unlock()
		}
		var rw lock.RWLock
		rw.Lock()
		assert.Len(t, bugsOf(rw.AssertRHeld), 1)
		rw.Unlock()
		rw.RLock()
		assert.Len(t, bugsOf(rw.AssertHeld), 1)
		rw.RUnlock()
		for name, l := range locals() {
			l.Lock()
			assert.Empty(t, bugsOf(l.AssertHeld), name)
			assert.Len(t, bugsOf(l.AssertNotHeld), 1, name)
			l.Unlock()
		}
	})
}

// What it finds is a panic that leaves everything as it was.
func TestSpinValidatorPanics(t *testing.T) {
	asTask(t, func(*gpm.Kernel) {
		watched(t)
		for name, make := range spinners {
			a, b := make(), make()
			a.Lock()
			b.Lock()
			//lint:ignore SA2001 that it can be got is what matters
			b.Unlock()
			a.Unlock()
			b.Lock() // b and then a: a deadlock that could happen
			for way, fn := range map[string]func(){
				"Lock": a.Lock, "LockIRQ": a.LockIRQ, "LockIRQSave": func() { a.LockIRQSave() }, "LockBH": a.LockBH,
			} {
				assert.Panics(t, fn, "%s.%s", name, way)
				assert.EqualValues(t, 1, preempt.Count(), "%s.%s", name, way)
				assert.False(t, signals.IRQsDisabled(), "%s.%s", name, way)
				assert.False(t, a.IsLocked(), "%s.%s", name, way)
				lockdep.Reset() // each problem is reported once
				b = make()
				a.Lock()
				b.Lock()
				//lint:ignore SA2001 that it can be got is what matters
				b.Unlock()
				a.Unlock()
				for preempt.Count() > 0 {
					preempt.EnableNoResched()
				}
				b.Lock()
			}
			b.Unlock()
		}
	})
}

// Under the validator they are tortured too, and break none of its rules.
func TestTortureSpinValidated(t *testing.T) {
	watched(t)
	torture.Test(t, 0.1, spinSubjects()...)
}
