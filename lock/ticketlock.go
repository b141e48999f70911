package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// TicketLock is a spinning lock that is fair: who comes draws a number, and is let
// in when it is called. It is here to compare with SpinLock, which is faster where
// the machine's CPUs are shared: the next in turn may be a thread that Linux does
// not run just now, and nobody else may go first. Waiters are not preemptible. The
// zero TicketLock is unlocked. It must not be copied. Linux: ticket_spin_lock() of
// arch/x86 until 4.1, and of asm-generic.
type TicketLock struct {
	t   tickets
	dep lockdep.Map
}

// Init names the lock for the validator, as SpinLock.Init does.
func (l *TicketLock) Init(name string) { l.dep.Init(lockdep.Spin, name, 1) }

// Lock disables preemption and waits for its turn. Outside a task it is a BUG, and
// locks nothing. Context: a task, atomic or not.
func (l *TicketLock) Lock() {
	if !spinDisable("Lock", "spinning lock") {
		return
	}
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Spin, lockdep.Exclusive, false, 0, preempt.Enable)
	}
	l.t.lock()
	cpu.RaceLocked(&l.t.owner)
	if lockdep.On() {
		l.dep.Acquired()
	}
}

// TryLock locks if that needs no waiting, and reports whether it did. Context: as
// Lock.
func (l *TicketLock) TryLock() bool {
	if !spinDisable("TryLock", "spinning lock") {
		return false
	}
	if !l.t.tryLock() {
		preempt.Enable()
		return false
	}
	cpu.RaceLocked(&l.t.owner)
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Spin, lockdep.Exclusive, true, 0, func() { l.t.unlock(); preempt.Enable() })
	}
	return true
}

// Unlock calls the next number and enables preemption. Context: the task that holds
// the lock.
func (l *TicketLock) Unlock() {
	if !spinHolder("spinning lock", l.t.locked()) {
		return
	}
	if lockdep.On() {
		l.dep.Release()
	}
	cpu.RaceUnlocking(&l.t.owner)
	l.t.unlock()
	preempt.Enable()
}

// IsLocked reports whether somebody holds the lock: a hint, unless it is the
// caller. Context: any.
func (l *TicketLock) IsLocked() bool { return l.t.locked() }

// AssertHeld checks that the caller holds the lock, as SpinLock.AssertHeld does.
func (l *TicketLock) AssertHeld() { spinHeld("TicketLock", l.t.locked(), &l.dep) }

// AssertNotHeld checks that the caller does not hold the lock, as
// SpinLock.AssertNotHeld does.
func (l *TicketLock) AssertNotHeld() { spinNotHeld("TicketLock", &l.dep) }

// tickets is the lock itself. Preemption is disabled by the caller.
type tickets struct {
	next  uint32 // the number that the next to come draws
	owner uint32 // the number that holds the lock, or would
}

func (t *tickets) lock() {
	mine := cpu.AddU32(&t.next, 1) - 1
	for s := (spinWait{turn: true}); cpu.Load32(&t.owner) != mine; {
		s.pause()
	}
}

// tryLock draws a number only if it is that which may enter. The owner's number
// does not change in between: nobody could have drawn it.
func (t *tickets) tryLock() bool {
	owner := cpu.Load32(&t.owner)
	return cpu.Cas32(&t.next, owner, owner+1)
}

func (t *tickets) unlock() { cpu.Release32(&t.owner, cpu.Load32(&t.owner)+1) }

func (t *tickets) locked() bool { return cpu.Load32(&t.owner) != cpu.Load32(&t.next) }
