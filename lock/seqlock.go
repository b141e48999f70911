package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// SeqLock is a SeqCount with the SpinLock that keeps writers from each other.
// Readers never make a writer wait, but may have to read again; a reader that must
// not be made to read again and again locks, as an exclusive reader, which other
// readers do not notice. Writers and exclusive readers are tasks, other readers may be
// anyone. The zero SeqLock is unlocked. It must not be copied. Linux: seqlock_t.
type SeqLock struct {
	l SpinLock
	s SeqCount
}

// Init names the lock for the validator, as SpinLock.Init does. Linux:
// seqlock_init().
func (l *SeqLock) Init(name string) { l.l.Init(name) }

// ReadBegin begins to read: see SeqCount.Begin. Context: any. Linux: read_seqbegin().
func (l *SeqLock) ReadBegin() uint32 { return l.s.Begin() }

// ReadRetry reports whether to read again: see SeqCount.Retry. Context: any. Linux:
// read_seqretry().
func (l *SeqLock) ReadRetry(n uint32) bool { return l.s.Retry(n) }

// Lock disables preemption, and waits for other writers. Outside a task it is a BUG,
// and locks nothing. Context: a task, atomic or not. Linux: write_seqlock().
func (l *SeqLock) Lock() {
	if spinTask("Lock", "SeqLock") {
		l.l.Lock()
		l.s.WriteBegin()
	}
}

// TryLock is Lock if that needs no waiting, and reports whether it did. Context: as
// Lock.
func (l *SeqLock) TryLock() bool {
	if !l.l.TryLock() {
		return false
	}
	l.s.WriteBegin()
	return true
}

// Unlock undoes Lock, and enables preemption. Context: the task that writes. Linux:
// write_sequnlock().
func (l *SeqLock) Unlock() {
	if l.release() {
		preempt.Enable()
	}
}

// release is Unlock with preemption still disabled; false: it was not held.
func (l *SeqLock) release() bool {
	if !spinHolder("SeqLock", cpu.Load32(&l.s.n)&1 != 0) {
		return false
	}
	l.s.WriteEnd()
	return l.l.release()
}

// LockIRQ masks interrupts and locks. They must not be masked already. Context: a
// task. Linux: write_seqlock_irq().
func (l *SeqLock) LockIRQ() { irqLock("LockIRQ", l.Lock) }

// UnlockIRQ undoes LockIRQ. Linux: write_sequnlock_irq().
func (l *SeqLock) UnlockIRQ() { irqUnlock(l.release) }

// LockIRQSave masks interrupts, locks, and returns how interrupts were before, for
// UnlockIRQRestore. Context: a task, atomic or not. Linux: write_seqlock_irqsave().
func (l *SeqLock) LockIRQSave() signals.Flags { return irqSaveLock("LockIRQSave", l.Lock) }

// UnlockIRQRestore undoes LockIRQSave. Linux: write_sequnlock_irqrestore().
func (l *SeqLock) UnlockIRQRestore(f signals.Flags) { irqRestoreUnlock(f, l.release) }

// LockBH disables softirqs and locks. Context: a task, atomic or not. Linux:
// write_seqlock_bh().
func (l *SeqLock) LockBH() { bhLock("LockBH", l.Lock) }

// UnlockBH undoes LockBH. Linux: write_sequnlock_bh().
func (l *SeqLock) UnlockBH() { bhUnlock(l.release) }

// IsLocked reports whether a writer or an exclusive reader holds the lock: a hint,
// unless it is the caller. Context: any.
func (l *SeqLock) IsLocked() bool { return l.l.IsLocked() }

// AssertHeld checks that the caller holds the lock, as SpinLock.AssertHeld does.
func (l *SeqLock) AssertHeld() { l.l.AssertHeld() }

// AssertNotHeld checks that the caller does not hold the lock, as
// SpinLock.AssertNotHeld does.
func (l *SeqLock) AssertNotHeld() { l.l.AssertNotHeld() }
