package lock

import (
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// LocalTryLock is a LocalLock that can also be tried, by code that does not know
// whether its CPU holds it already. It is made by NewLocalTryLock. Linux:
// local_trylock_t.
type LocalTryLock struct {
	l    LocalLock
	held *percpu.Var[bool]
}

// NewLocalTryLock returns an unlocked LocalTryLock. Context: may block.
func NewLocalTryLock() *LocalTryLock { return &LocalTryLock{held: percpu.NewVar[bool]()} }

// Init names the lock for the validator, as SpinLock.Init does. Linux:
// local_trylock_init().
func (l *LocalTryLock) Init(name string) { l.l.Init(name) }

// Lock disables preemption. Outside a task, or if the CPU holds it already, it is a
// BUG, and locks nothing. Context: a task, atomic or not. Linux: local_lock().
func (l *LocalTryLock) Lock() {
	if !spinDisable("Lock", "LocalLock") {
		return
	}
	if held := l.held.This(); !*held {
		*held = true
		l.l.acquire(l.undo)
		return
	}
	preempt.Enable()
	preempt.Raise("Lock of a LocalLock that this CPU holds")
}

// TryLock is Lock if this CPU does not hold the lock, and reports whether it locked.
// Context: as Lock. Linux: local_trylock().
func (l *LocalTryLock) TryLock() bool {
	if !spinDisable("TryLock", "LocalLock") {
		return false
	}
	held := l.held.This()
	if *held {
		preempt.Enable()
		return false
	}
	*held = true
	if lockdep.On() {
		spinAcquire(&l.l.dep, lockdep.Local, lockdep.Exclusive, true, 0, l.undo)
	}
	return true
}

// Unlock enables preemption. Context: the task that has locked. Linux:
// local_unlock().
func (l *LocalTryLock) Unlock() {
	if l.release() {
		preempt.Enable()
	}
}

func (l *LocalTryLock) undo() {
	*l.held.This() = false
	preempt.Enable()
}

func (l *LocalTryLock) release() bool {
	if !spinHolder("LocalLock", l.IsLocked()) {
		return false
	}
	*l.held.This() = false
	return l.l.release()
}

// LockIRQ masks interrupts and locks. They must not be masked already. Context: a
// task. Linux: local_lock_irq().
func (l *LocalTryLock) LockIRQ() { irqLock("LockIRQ", l.Lock) }

// UnlockIRQ undoes LockIRQ. Linux: local_unlock_irq().
func (l *LocalTryLock) UnlockIRQ() { irqUnlock(l.release) }

// LockIRQSave masks interrupts, locks, and returns how interrupts were before, for
// UnlockIRQRestore. Context: a task, atomic or not. Linux: local_lock_irqsave().
func (l *LocalTryLock) LockIRQSave() signals.Flags { return irqSaveLock("LockIRQSave", l.Lock) }

// TryLockIRQSave is LockIRQSave if this CPU does not hold the lock. Linux:
// local_trylock_irqsave().
func (l *LocalTryLock) TryLockIRQSave() (f signals.Flags, ok bool) {
	return irqSaveTryLock("TryLockIRQSave", l.TryLock)
}

// UnlockIRQRestore undoes LockIRQSave. Linux: local_unlock_irqrestore().
func (l *LocalTryLock) UnlockIRQRestore(f signals.Flags) { irqRestoreUnlock(f, l.release) }

// IsLocked reports whether the CPU that the caller is on holds the lock. Context: a
// task with preemption disabled; else, a hint. Linux: local_lock_is_locked().
//
//go:norace
func (l *LocalTryLock) IsLocked() bool {
	held := l.held.RawThis()
	return held != nil && *held
}

// AssertHeld checks that the caller has locked: a BUG if not. Context: any. Linux:
// lockdep_assert_held().
func (l *LocalTryLock) AssertHeld() { spinHeld("LocalLock", l.IsLocked(), &l.l.dep) }

// AssertNotHeld checks that the caller has not locked, as SpinLock.AssertNotHeld
// does.
func (l *LocalTryLock) AssertNotHeld() { spinNotHeld("LocalLock", &l.l.dep) }
