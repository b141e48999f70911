package lock

import (
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// LocalLock protects data of one CPU, by disabling preemption or interrupts there,
// and gives that section a name: which data it is for, and, to the validator, which
// other locks are taken in it and whether interrupts are masked always or never.
// Tasks on different CPUs do not exclude each other. The zero LocalLock is
// unlocked. It must not be copied. Linux: local_lock_t.
type LocalLock struct {
	dep lockdep.Map
}

// Init names the lock for the validator, as SpinLock.Init does. Linux:
// local_lock_init().
func (l *LocalLock) Init(name string) { l.dep.Init(lockdep.Local, name, 1) }

// Lock disables preemption. Outside a task it is a BUG, and locks nothing. Context:
// a task, atomic or not. Linux: local_lock().
func (l *LocalLock) Lock() {
	if spinDisable("Lock", "LocalLock") {
		l.acquire(preempt.Enable)
	}
}

// Unlock enables preemption. Context: the task that has locked. Linux:
// local_unlock().
func (l *LocalLock) Unlock() {
	if l.release() {
		preempt.Enable()
	}
}

// LockIRQ masks interrupts and locks. They must not be masked already. Context: a
// task. Linux: local_lock_irq().
func (l *LocalLock) LockIRQ() { irqLock("LockIRQ", l.Lock) }

// UnlockIRQ undoes LockIRQ. Linux: local_unlock_irq().
func (l *LocalLock) UnlockIRQ() { irqUnlock(l.release) }

// LockIRQSave masks interrupts, locks, and returns how interrupts were before, for
// UnlockIRQRestore. Context: a task, atomic or not. Linux: local_lock_irqsave().
func (l *LocalLock) LockIRQSave() signals.Flags { return irqSaveLock("LockIRQSave", l.Lock) }

// UnlockIRQRestore undoes LockIRQSave. Linux: local_unlock_irqrestore().
func (l *LocalLock) UnlockIRQRestore(f signals.Flags) { irqRestoreUnlock(f, l.release) }

// LockNestedBH locks where softirqs are disabled already, which is all that it needs:
// it only says so. That they are not is a BUG. Context: a task inside BHDisable.
// Linux: local_lock_nested_bh().
func (l *LocalLock) LockNestedBH() {
	if preempt.Count()&preempt.SoftIRQMask == 0 {
		preempt.Raise("LockNestedBH with softirqs enabled")
		return
	}
	l.acquire(func() {})
}

// UnlockNestedBH undoes LockNestedBH. Linux: local_unlock_nested_bh().
func (l *LocalLock) UnlockNestedBH() {
	if lockdep.On() {
		l.dep.Release()
	}
}

// AssertHeld checks that the caller has locked: a BUG if not. Without the validator
// it finds only a caller that could be preempted. Context: any. Linux:
// lockdep_assert_held().
func (l *LocalLock) AssertHeld() { spinHeld("LocalLock", true, &l.dep) }

// AssertNotHeld checks that the caller has not locked, as SpinLock.AssertNotHeld
// does.
func (l *LocalLock) AssertNotHeld() { spinNotHeld("LocalLock", &l.dep) }

func (l *LocalLock) acquire(undo func()) {
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Local, lockdep.Exclusive, false, 0, undo)
		l.dep.Acquired()
	}
}

// release is Unlock with preemption still disabled; false: it was not held.
func (l *LocalLock) release() bool {
	if !spinHolder("LocalLock", true) {
		return false
	}
	if lockdep.On() {
		l.dep.Release()
	}
	return true
}
