package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// MightSleep says that the code that follows may block, and checks that it may: in
// an atomic section it is a BUG, whether it blocks this time or not. Under the
// preemption model Voluntary the caller may lose its CPU here. Context: any.
// Linux: might_sleep().
func MightSleep() {
	if preempt.InAtomic() || signals.IRQsDisabled() {
		preempt.Raise("sleeping function called from invalid context")
	} else if lockdep.On() {
		lockdep.MightSleep("MightSleep")
	}
	preempt.MightResched()
}

// MightSleepIf is MightSleep if may is true. Linux: might_sleep_if().
func MightSleepIf(may bool) {
	if may {
		MightSleep()
	}
}

// CantSleep checks that the caller is atomic: a BUG if it could block. Context:
// any. Linux: cant_sleep().
func CantSleep() {
	if !preempt.InAtomic() && !signals.IRQsDisabled() {
		preempt.Raise("assuming atomic context")
	}
}

// SpinNeedBreak reports whether somebody waits for l, so that its holder should
// let it go for a moment. Context: the task that holds l. Linux: spin_needbreak().
func SpinNeedBreak(l *SpinLock) bool { return l.IsContended() }

// CondReschedLock lets go of l, if somebody waits for it or for the CPU, takes it
// again, and reports whether it did: what l protects may have changed then.
// Context: a task that holds l, and nothing else if it is to be preempted here.
// Linux: cond_resched_lock().
func CondReschedLock(l *SpinLock) bool {
	l.AssertHeld()
	return condResched(l.IsContended, l.IsLocked, l.Unlock, l.Lock)
}

// condResched lets go of a lock, if that is wanted, and takes it again.
func condResched(contended, locked func() bool, unlock, lock func()) bool {
	if !contended() && !(preempt.NeedResched() && preempt.Count() == preempt.PreemptOffset) {
		return false
	}
	unlock()              // and is preempted, if that is wanted,
	preempt.CondResched() // or, by the preemption model, here
	letIn(contended, locked)
	lock()
	return true
}

// letIn gives who waits for a lock, if anybody does, a fair chance to get it before
// the caller, who has just let it go, takes it again.
func letIn(contended, locked func() bool) {
	var s spinWait
	for range polls + 4 {
		if !contended() || locked() {
			return
		}
		s.pause()
	}
}

// spinTask reports whether the caller is a task; if not, that op was called on a lock
// of that kind is a BUG.
func spinTask(op, kind string) bool {
	_, ok := cpu.Word()
	if !ok {
		preempt.Raise(op + " of a " + kind + " outside a task: only a task has a CPU to itself; a Mutex may be locked anywhere")
	}
	return ok
}

// spinDisable is preempt.Disable in op on a lock of that kind: outside a task it is a
// BUG that says so, and it returns false.
func spinDisable(op, kind string) bool {
	if preempt.TryDisable() {
		return true
	}
	if !spinTask(op, kind) {
		return false
	}
	preempt.Disable() // says that the count is too high
	return true
}

// spinHolder reports whether the caller may unlock a lock of that kind, which is
// locked or not: else it is a BUG.
func spinHolder(kind string, locked bool) bool {
	switch {
	case !spinTask("Unlock", kind):
	case preempt.Count()&preempt.PreemptMask == 0:
		preempt.Raise("Unlock of a " + kind + " with preemption enabled: it is not held here")
	case !locked:
		preempt.Raise("Unlock of a " + kind + " that is not held")
	default:
		return true
	}
	return false
}

// spinHeld is AssertHeld of a lock that somebody holds, or not. It reports whether
// it has found nothing wrong.
func spinHeld(kind string, locked bool, dep *lockdep.Map) bool {
	switch {
	case !locked:
		preempt.Raise("AssertHeld: nobody holds the " + kind)
	case !preempt.InAtomic():
		preempt.Raise("AssertHeld: the caller does not hold the " + kind)
	case lockdep.On() && !dep.Held():
		preempt.Raise("AssertHeld: another task holds the " + kind)
	default:
		return true
	}
	return false
}

// spinNotHeld is AssertNotHeld.
func spinNotHeld(kind string, dep *lockdep.Map) {
	if lockdep.On() && dep.Held() {
		preempt.Raise("AssertNotHeld: the caller holds the " + kind)
	}
}

// CantMigrate says that the code that follows relies on staying on its CPU: if
// preempt.SetDebug is on and the caller could be moved it is a BUG. Context: a
// task. Linux: cant_migrate().
func CantMigrate() { percpu.CantMigrate() }
