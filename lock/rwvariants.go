package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// LockIRQ masks interrupts and locks. They must not be masked already. Context: a
// task. Linux: write_lock_irq().
func (l *RWLock) LockIRQ() { irqLock("LockIRQ", l.Lock) }

// TryLockIRQ is LockIRQ if that needs no waiting. Context: a task.
func (l *RWLock) TryLockIRQ() bool { return irqTryLock("TryLockIRQ", l.TryLock) }

// UnlockIRQ undoes LockIRQ. Linux: write_unlock_irq().
func (l *RWLock) UnlockIRQ() { irqUnlock(l.release) }

// LockIRQSave masks interrupts, locks, and returns how interrupts were before, for
// UnlockIRQRestore. Context: a task, atomic or not. Linux: write_lock_irqsave().
func (l *RWLock) LockIRQSave() signals.Flags { return irqSaveLock("LockIRQSave", l.Lock) }

// TryLockIRQSave is LockIRQSave if that needs no waiting. Linux:
// write_trylock_irqsave().
func (l *RWLock) TryLockIRQSave() (f signals.Flags, ok bool) {
	return irqSaveTryLock("TryLockIRQSave", l.TryLock)
}

// UnlockIRQRestore undoes LockIRQSave. Linux: write_unlock_irqrestore().
func (l *RWLock) UnlockIRQRestore(f signals.Flags) { irqRestoreUnlock(f, l.release) }

// LockBH disables softirqs and locks. Context: a task, atomic or not. Linux:
// write_lock_bh().
func (l *RWLock) LockBH() { bhLock("LockBH", l.Lock) }

// TryLockBH is LockBH if that needs no waiting. Context: a task.
func (l *RWLock) TryLockBH() bool { return bhTryLock("TryLockBH", l.TryLock) }

// UnlockBH undoes LockBH. Linux: write_unlock_bh().
func (l *RWLock) UnlockBH() { bhUnlock(l.release) }

// RLockIRQ masks interrupts and read-locks. They must not be masked already.
// Context: a task. Linux: read_lock_irq().
func (l *RWLock) RLockIRQ() { irqLock("RLockIRQ", l.RLock) }

// TryRLockIRQ is RLockIRQ if that needs no waiting. Context: a task.
func (l *RWLock) TryRLockIRQ() bool { return irqTryLock("TryRLockIRQ", l.TryRLock) }

// RUnlockIRQ undoes RLockIRQ. Linux: read_unlock_irq().
func (l *RWLock) RUnlockIRQ() { irqUnlock(l.releaseReader) }

// RLockIRQSave masks interrupts, read-locks, and returns how interrupts were
// before, for RUnlockIRQRestore. Context: a task, atomic or not. Linux:
// read_lock_irqsave().
func (l *RWLock) RLockIRQSave() signals.Flags { return irqSaveLock("RLockIRQSave", l.RLock) }

// TryRLockIRQSave is RLockIRQSave if that needs no waiting. Context: a task.
func (l *RWLock) TryRLockIRQSave() (f signals.Flags, ok bool) {
	return irqSaveTryLock("TryRLockIRQSave", l.TryRLock)
}

// RUnlockIRQRestore undoes RLockIRQSave. Linux: read_unlock_irqrestore().
func (l *RWLock) RUnlockIRQRestore(f signals.Flags) { irqRestoreUnlock(f, l.releaseReader) }

// RLockBH disables softirqs and read-locks. Context: a task, atomic or not. Linux:
// read_lock_bh().
func (l *RWLock) RLockBH() { bhLock("RLockBH", l.RLock) }

// TryRLockBH is RLockBH if that needs no waiting. Context: a task.
func (l *RWLock) TryRLockBH() bool { return bhTryLock("TryRLockBH", l.TryRLock) }

// RUnlockBH undoes RLockBH. Linux: read_unlock_bh().
func (l *RWLock) RUnlockBH() { bhUnlock(l.releaseReader) }

// IsLocked reports whether anybody holds the lock: a hint, unless it is the caller.
// Context: any. Linux: rwlock_is_locked().
func (l *RWLock) IsLocked() bool { return cpu.Load32(&l.v)&^qrWaiting != 0 }

// IsContended reports whether anybody waits for the lock. Context: any. Linux:
// rwlock_is_contended().
func (l *RWLock) IsContended() bool { return l.queue.locked() }

// AssertHeld checks that the caller holds the lock as a writer: a BUG if not.
// Without the validator it finds a lock that nobody holds so, and a caller that
// cannot be the holder. Context: any. Linux: lockdep_assert_held_write().
func (l *RWLock) AssertHeld() {
	if spinHeld("RWLock", cpu.Load32(&l.v)&qrWriter != 0, &l.dep) && lockdep.On() && !l.dep.HeldAs(lockdep.Exclusive) {
		preempt.Raise("AssertHeld: the caller holds the RWLock as a reader")
	}
}

// AssertRHeld checks that the caller holds the lock as a reader, as AssertHeld does.
// Context: any. Linux: lockdep_assert_held_read().
func (l *RWLock) AssertRHeld() {
	if spinHeld("RWLock", cpu.Load32(&l.v) >= qrReader, &l.dep) && lockdep.On() && !l.dep.HeldAs(lockdep.Shared) {
		preempt.Raise("AssertRHeld: the caller holds the RWLock as a writer")
	}
}

// AssertNotHeld checks that the caller does not hold the lock in any way, as
// SpinLock.AssertNotHeld does. Context: any.
func (l *RWLock) AssertNotHeld() { spinNotHeld("RWLock", &l.dep) }

// CondReschedWrite is CondReschedLock for a writer. Linux:
// cond_resched_rwlock_write().
func CondReschedWrite(l *RWLock) bool {
	l.AssertHeld()
	return condResched(l.IsContended, l.IsLocked, l.Unlock, l.Lock)
}

// CondReschedRead is CondReschedLock for a reader. Linux:
// cond_resched_rwlock_read().
func CondReschedRead(l *RWLock) bool {
	l.AssertRHeld()
	return condResched(l.IsContended, l.IsLocked, l.RUnlock, l.RLock)
}
