package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// SpinLock is the lock for what is used for a moment, by tasks on different CPUs.
// Its holder has preemption disabled, and must not block. The zero SpinLock is
// unlocked. It must not be copied. Linux: spinlock_t.
//
// Unlock by another task than the one that locked is not possible (it would have
// to be on the same CPU, which the holder does not leave), and unlocking a lock
// that is not locked is a BUG.
type SpinLock struct {
	w   spinWord
	dep lockdep.Map
}

// Init names the lock for the validator: locks of one name are one class. With an
// empty name the place of this call is the class. Context: any, the lock not in
// use. Linux: spin_lock_init().
func (l *SpinLock) Init(name string) { l.dep.Init(lockdep.Spin, name, 1) }

// Lock disables preemption and waits for the lock. Outside a task it is a BUG, and
// locks nothing. Context: a task, atomic or not. Linux: spin_lock().
func (l *SpinLock) Lock() {
	if lockdep.On() {
		l.LockNested(0)
	} else if ok := preempt.TryDisable(); ok && cpu.Cas32(l.word(), 0, 1) {
		cpu.RaceLocked(l.word())
	} else {
		l.w.slow(ok)
	}
}

// LockNested is Lock for the second, third and so on of several locks of one class
// that are taken one inside the other: subclass, 1 to 7, tells the validator which.
// Context: as Lock. Linux: spin_lock_nested().
func (l *SpinLock) LockNested(subclass int) {
	if !lockdep.On() {
		l.w.lock()
		return
	}
	if !spinDisable("Lock", "spinning lock") {
		return
	}
	spinAcquire(&l.dep, lockdep.Spin, lockdep.Exclusive, false, subclass, preempt.Enable)
	l.w.lock()
	l.dep.Acquired()
	preempt.EnableNoResched()
}

// TryLock locks if that needs no waiting, and reports whether it did. Context: as
// Lock. Linux: spin_trylock().
func (l *SpinLock) TryLock() bool {
	if !l.w.tryLock() {
		return false
	}
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Spin, lockdep.Exclusive, true, 0, l.w.unlock)
	}
	return true
}

// Unlock unlocks and enables preemption: if somebody wants the CPU, the caller is
// preempted here. Context: the task that holds the lock. Linux: spin_unlock().
func (l *SpinLock) Unlock() {
	if lockdep.On() {
		l.dep.Release()
	}
	preempt.UnlockWord(l.word())
}

// LockIRQ masks interrupts and locks. They must not be masked already. Context: a
// task. Linux: spin_lock_irq().
func (l *SpinLock) LockIRQ() { irqLock("LockIRQ", l.Lock) }

// TryLockIRQ is LockIRQ if that needs no waiting. Linux: spin_trylock_irq().
func (l *SpinLock) TryLockIRQ() bool { return irqTryLock("TryLockIRQ", l.TryLock) }

// UnlockIRQ undoes LockIRQ: it unlocks, unmasks interrupts and enables preemption.
// Linux: spin_unlock_irq().
func (l *SpinLock) UnlockIRQ() { irqUnlock(l.release) }

// LockIRQSave masks interrupts, locks, and returns how interrupts were before, for
// UnlockIRQRestore. Context: a task, atomic or not. Linux: spin_lock_irqsave().
func (l *SpinLock) LockIRQSave() signals.Flags { return irqSaveLock("LockIRQSave", l.Lock) }

// TryLockIRQSave is LockIRQSave if that needs no waiting. Linux:
// spin_trylock_irqsave().
func (l *SpinLock) TryLockIRQSave() (f signals.Flags, ok bool) {
	return irqSaveTryLock("TryLockIRQSave", l.TryLock)
}

// UnlockIRQRestore undoes LockIRQSave. Linux: spin_unlock_irqrestore().
func (l *SpinLock) UnlockIRQRestore(f signals.Flags) { irqRestoreUnlock(f, l.release) }

// LockBH disables softirqs and locks. Context: a task, atomic or not. Linux:
// spin_lock_bh().
func (l *SpinLock) LockBH() { bhLock("LockBH", l.Lock) }

// TryLockBH is LockBH if that needs no waiting. Linux: spin_trylock_bh().
func (l *SpinLock) TryLockBH() bool { return bhTryLock("TryLockBH", l.TryLock) }

// UnlockBH undoes LockBH. Linux: spin_unlock_bh().
func (l *SpinLock) UnlockBH() { bhUnlock(l.release) }

// release unlocks with preemption still disabled; false: it was not held.
func (l *SpinLock) release() bool {
	if lockdep.On() {
		l.dep.Release()
	}
	return l.w.release()
}

// IsLocked reports whether somebody holds the lock: a hint, unless it is the
// caller. Context: any. Linux: spin_is_locked().
func (l *SpinLock) IsLocked() bool { return l.w.locked() }

// IsContended reports whether somebody waits for the lock. Context: any. Linux:
// spin_is_contended().
func (l *SpinLock) IsContended() bool { return cpu.Load32(&l.w.contended) != 0 }

// AssertHeld checks that the caller holds the lock: a BUG if not. Without the
// validator it finds a lock that nobody holds, and a caller that cannot be the
// holder. Context: any. Linux: lockdep_assert_held(), assert_spin_locked().
func (l *SpinLock) AssertHeld() { spinHeld("SpinLock", l.w.locked(), &l.dep) }

// AssertNotHeld checks that the caller does not hold the lock: a BUG if it does.
// Without the validator nobody knows, and it does nothing. Context: any. Linux:
// lockdep_assert_not_held().
func (l *SpinLock) AssertNotHeld() { spinNotHeld("SpinLock", &l.dep) }
