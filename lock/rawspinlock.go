package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// RawSpinLock is a SpinLock for the innermost locks: under it only other raw locks
// may be taken, which the validator checks, so that it keeps a bound on how long it
// is held also where other spinning locks may wait for something that sleeps. In
// Linux that is PREEMPT_RT; here both spin. The zero RawSpinLock is unlocked. It must
// not be copied. Linux: raw_spinlock_t.
type RawSpinLock struct {
	w   spinWord
	dep lockdep.Map
}

// Init names the lock for the validator: locks of one name are one class. With an
// empty name the place of this call is the class. Context: any, the lock not in
// use. Linux: raw_spin_lock_init().
func (l *RawSpinLock) Init(name string) { l.dep.Init(lockdep.Raw, name, 1) }

// Lock disables preemption and waits for the lock. Outside a task it is a BUG, and
// locks nothing. Context: a task, atomic or not. Linux: raw_spin_lock().
func (l *RawSpinLock) Lock() {
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
// Context: as Lock. Linux: raw_spin_lock_nested().
func (l *RawSpinLock) LockNested(subclass int) {
	if !lockdep.On() {
		l.w.lock()
		return
	}
	if !spinDisable("Lock", "spinning lock") {
		return
	}
	spinAcquire(&l.dep, lockdep.Raw, lockdep.Exclusive, false, subclass, preempt.Enable)
	l.w.lock()
	l.dep.Acquired()
	preempt.EnableNoResched()
}

// TryLock locks if that needs no waiting, and reports whether it did. Context: as
// Lock. Linux: raw_spin_trylock().
func (l *RawSpinLock) TryLock() bool {
	if !l.w.tryLock() {
		return false
	}
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Raw, lockdep.Exclusive, true, 0, l.w.unlock)
	}
	return true
}

// Unlock unlocks and enables preemption: if somebody wants the CPU, the caller is
// preempted here. Context: the task that holds the lock. Linux: raw_spin_unlock().
func (l *RawSpinLock) Unlock() {
	if lockdep.On() {
		l.dep.Release()
	}
	preempt.UnlockWord(l.word())
}

// LockIRQ masks interrupts and locks. They must not be masked already. Context: a
// task. Linux: raw_spin_lock_irq().
func (l *RawSpinLock) LockIRQ() { irqLock("LockIRQ", l.Lock) }

// TryLockIRQ is LockIRQ if that needs no waiting. Linux: raw_spin_trylock_irq().
func (l *RawSpinLock) TryLockIRQ() bool { return irqTryLock("TryLockIRQ", l.TryLock) }

// UnlockIRQ undoes LockIRQ: it unlocks, unmasks interrupts and enables preemption.
// Linux: raw_spin_unlock_irq().
func (l *RawSpinLock) UnlockIRQ() { irqUnlock(l.release) }

// LockIRQSave masks interrupts, locks, and returns how interrupts were before, for
// UnlockIRQRestore. Context: a task, atomic or not. Linux: raw_spin_lock_irqsave().
func (l *RawSpinLock) LockIRQSave() signals.Flags { return irqSaveLock("LockIRQSave", l.Lock) }

// TryLockIRQSave is LockIRQSave if that needs no waiting. Linux:
// raw_spin_trylock_irqsave().
func (l *RawSpinLock) TryLockIRQSave() (f signals.Flags, ok bool) {
	return irqSaveTryLock("TryLockIRQSave", l.TryLock)
}

// UnlockIRQRestore undoes LockIRQSave. Linux: raw_spin_unlock_irqrestore().
func (l *RawSpinLock) UnlockIRQRestore(f signals.Flags) { irqRestoreUnlock(f, l.release) }

// LockBH disables softirqs and locks. Context: a task, atomic or not. Linux:
// raw_spin_lock_bh().
func (l *RawSpinLock) LockBH() { bhLock("LockBH", l.Lock) }

// TryLockBH is LockBH if that needs no waiting. Linux: raw_spin_trylock_bh().
func (l *RawSpinLock) TryLockBH() bool { return bhTryLock("TryLockBH", l.TryLock) }

// UnlockBH undoes LockBH. Linux: raw_spin_unlock_bh().
func (l *RawSpinLock) UnlockBH() { bhUnlock(l.release) }

// release unlocks with preemption still disabled; false: it was not held.
func (l *RawSpinLock) release() bool {
	if lockdep.On() {
		l.dep.Release()
	}
	return l.w.release()
}

// IsLocked reports whether somebody holds the lock: a hint, unless it is the
// caller. Context: any. Linux: raw_spin_is_locked().
func (l *RawSpinLock) IsLocked() bool { return l.w.locked() }

// IsContended reports whether somebody waits for the lock. Context: any. Linux:
// raw_spin_is_contended().
func (l *RawSpinLock) IsContended() bool { return cpu.Load32(&l.w.contended) != 0 }

// AssertHeld checks that the caller holds the lock: a BUG if not. Without the
// validator it finds a lock that nobody holds, and a caller that cannot be the
// holder. Context: any. Linux: lockdep_assert_held(), assert_raw_spin_locked().
func (l *RawSpinLock) AssertHeld() { spinHeld("RawSpinLock", l.w.locked(), &l.dep) }

// AssertNotHeld checks that the caller does not hold the lock: a BUG if it does.
// Without the validator nobody knows, and it does nothing. Context: any. Linux:
// lockdep_assert_not_held().
func (l *RawSpinLock) AssertNotHeld() { spinNotHeld("RawSpinLock", &l.dep) }
