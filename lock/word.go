package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// spinWord is the lock itself in SpinLock, RawSpinLock and SeqLock.
//
//	bits  mask     what
//	0-7   0x00ff   locked: 1. Unlocking is a store to this byte
//	8     0x0100   claimed: who is starving gets it next
//
// Test and set, so whoever comes first once it is free gets it: a queue would hand
// it to a waiter whose thread Linux may have taken away, and all behind it would
// wait (Linux's own choice for spinlocks in a virtual machine, virt_spin_lock).
// What keeps it from being unfair without bound is the claim: a waiter that has
// waited for a millisecond sets it, and then only that one can lock.
type spinWord struct {
	v         uint32
	contended uint32 // 1: somebody waits, as Linux's break_lock
}

const (
	lockedMask = 0xff
	claimed    = 0x100
)

// lock disables preemption and locks. Outside a task it is a BUG, and then not
// locked. It reports whether it is.
func (w *spinWord) lock() bool {
	if !spinDisable("Lock", "spinning lock") {
		return false
	}
	if cpu.Cas32(&w.v, 0, 1) {
		cpu.RaceLocked(&w.v)
	} else {
		w.wait()
	}
	return true
}

// slow is lock where its fast path (in SpinLock.Lock) has failed: preemption is
// disabled if disabled is true.
func (w *spinWord) slow(disabled bool) {
	if disabled {
		w.wait()
	} else {
		w.lock()
	}
}

// wait waits for the lock. Preemption is disabled, before and after.
func (w *spinWord) wait() {
	var s spinWait
	for !cpu.Cas32(&w.v, 0, 1) {
		if s.starving() && w.claim() {
			break
		}
		// Nothing is held yet: where the caller was preemptible it is so here.
		preempt.Enable()
		for v := cpu.Load32(&w.v); v != 0; v = cpu.Load32(&w.v) {
			if cpu.Load32(&w.contended) == 0 {
				cpu.Release32(&w.contended, 1)
			}
			s.pause()
			if v&claimed == 0 && s.starving() {
				break
			}
		}
		preempt.Disable()
	}
	if cpu.Load32(&w.contended) != 0 {
		cpu.Release32(&w.contended, 0) // who still waits sets it again
	}
	cpu.RaceLocked(&w.v)
}

// claim has the lock handed to the caller next, and waits for it, with preemption
// disabled all the time: nobody else can lock. It reports false if another has
// claimed it already.
func (w *spinWord) claim() bool {
	for {
		switch v := cpu.Load32(&w.v); {
		case v&claimed != 0:
			return false
		case v == 0:
			if cpu.Cas32(&w.v, 0, 1) {
				return true
			}
		case cpu.Cas32(&w.v, v, v|claimed):
			for s := (spinWait{turn: true}); !cpu.Cas32(&w.v, claimed, 1); {
				s.pause()
			}
			return true
		}
	}
}

// tryLock is lock if that needs no waiting; else it reports false, and preemption
// is as it was.
func (w *spinWord) tryLock() bool {
	if !spinDisable("TryLock", "spinning lock") {
		return false
	}
	if !cpu.Cas32(&w.v, 0, 1) {
		preempt.Enable()
		return false
	}
	cpu.RaceLocked(&w.v)
	return true
}

// unlock unlocks and enables preemption.
func (w *spinWord) unlock() { preempt.UnlockWord(&w.v) }

// release unlocks and leaves preemption disabled: for what has more to undo
// before the caller may be preempted. It reports whether the lock was held here.
func (w *spinWord) release() bool {
	if !spinHolder("spinning lock", w.locked()) {
		return false
	}
	cpu.RaceUnlocking(&w.v)
	cpu.ReleaseByte(&w.v)
	return true
}

func (w *spinWord) locked() bool { return cpu.Load32(&w.v)&lockedMask != 0 }
