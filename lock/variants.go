package lock

import (
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// The variants of a spinning lock that mask interrupts or disable softirqs: before
// lock, and, as release leaves preemption disabled, after it but before the caller
// may be preempted. Linux's order. Only the validator makes lock panic.

func irqLock(op string, lock func()) {
	if spinTask(op, "spinning lock") {
		signals.IRQDisable()
		validated(lock, signals.IRQEnable)
	}
}

func irqTryLock(op string, tryLock func() bool) bool {
	if !spinTask(op, "spinning lock") {
		return false
	}
	signals.IRQDisable()
	if tryLock() {
		return true
	}
	signals.IRQEnable()
	return false
}

func irqUnlock(release func() bool) {
	if release() {
		signals.IRQEnable()
		preempt.Enable()
	}
}

func irqSaveLock(op string, lock func()) (f signals.Flags) {
	if spinTask(op, "spinning lock") {
		f = signals.IRQSave()
		validated(lock, func() { signals.IRQRestore(f) })
	}
	return f
}

func irqSaveTryLock(op string, tryLock func() bool) (f signals.Flags, ok bool) {
	if !spinTask(op, "spinning lock") {
		return 0, false
	}
	f = signals.IRQSave()
	if tryLock() {
		return f, true
	}
	signals.IRQRestore(f)
	return 0, false
}

func irqRestoreUnlock(f signals.Flags, release func() bool) {
	if release() {
		signals.IRQRestore(f)
		preempt.Enable()
	}
}

func bhLock(op string, lock func()) {
	if spinTask(op, "spinning lock") {
		signals.BHDisable()
		validated(lock, signals.BHEnable)
	}
}

func bhTryLock(op string, tryLock func() bool) bool {
	if !spinTask(op, "spinning lock") {
		return false
	}
	signals.BHDisable()
	if tryLock() {
		return true
	}
	signals.BHEnable()
	return false
}

func bhUnlock(release func() bool) {
	if release() {
		preempt.EnableNoResched()
		signals.BHEnable()
	}
}

// validated calls lock, and undo if the validator makes that panic.
func validated(lock, undo func()) {
	if lockdep.On() {
		orUndo(lock, undo)
	} else {
		lock()
	}
}
