package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// MCSLock is a spinning lock that is fair, and whose waiters each look at a word of
// their own: the queue of Mellor-Crummey and Scott. It is here to compare with
// SpinLock; see TicketLock for what being fair costs. Waiters are not preemptible.
// The zero MCSLock is unlocked. It must not be copied. Linux: the queue of
// qspinlock.
//
// As in qspinlock the place in the queue is the CPU's, and free again as soon as
// its owner has the lock: a CPU waits for one lock at a time.
//
//	bits   mask         what
//	0-7    0x000000ff   locked: 1. Unlocking is a store to this byte
//	16-31  0xffff0000   the last in the queue: its CPU's number + 1; 0: there is none
type MCSLock struct {
	v   uint32
	dep lockdep.Map
}

const mcsTail = 16

// mcsNode is a CPU's place in the queue of the lock that it waits for.
type mcsNode struct {
	next  uint32 // the CPU behind it, + 1
	first uint32 // 1: it is first
	_     [120]byte
}

var mcsNodes [cpu.MaxCPUs]mcsNode

// Init names the lock for the validator, as SpinLock.Init does.
func (l *MCSLock) Init(name string) { l.dep.Init(lockdep.Spin, name, 1) }

// Lock disables preemption and waits for its turn. Outside a task it is a BUG, and
// locks nothing. Context: a task, atomic or not.
func (l *MCSLock) Lock() {
	if !spinDisable("Lock", "spinning lock") {
		return
	}
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Spin, lockdep.Exclusive, false, 0, preempt.Enable)
	}
	if !cpu.Cas32(&l.v, 0, 1) {
		l.queue()
	}
	cpu.RaceLocked(&l.v)
	if lockdep.On() {
		l.dep.Acquired()
	}
}

// queue waits for the lock in its CPU's place.
func (l *MCSLock) queue() {
	s := spinWait{turn: true}
	number := uint32(cpu.Number() + 1)
	me := &mcsNodes[number-1]
	cpu.Release32(&me.next, 0)
	cpu.Release32(&me.first, 0)
	v := cpu.Load32(&l.v)
	for !cpu.Cas32(&l.v, v, v&lockedMask|number<<mcsTail) {
		v = cpu.Load32(&l.v)
	}
	if before := v >> mcsTail; before != 0 {
		cpu.Release32(&mcsNodes[before-1].next, number)
		for cpu.Load32(&me.first) == 0 {
			s.pause()
		}
	}
	// First: the lock is ours as soon as it is free.
	for {
		v = cpu.Load32(&l.v)
		switch {
		case v&lockedMask != 0:
			s.pause()
		case v>>mcsTail == number:
			if cpu.Cas32(&l.v, v, 1) {
				return // and nobody is behind
			}
		case cpu.Cas32(&l.v, v, v|1):
			next := cpu.Load32(&me.next)
			for ; next == 0; next = cpu.Load32(&me.next) {
				s.pause() // it has its place, but has not yet said so
			}
			cpu.Release32(&mcsNodes[next-1].first, 1)
			return
		}
	}
}

// TryLock locks if that needs no waiting, and reports whether it did. Context: as
// Lock.
func (l *MCSLock) TryLock() bool {
	if !spinDisable("TryLock", "spinning lock") {
		return false
	}
	if !cpu.Cas32(&l.v, 0, 1) {
		preempt.Enable()
		return false
	}
	cpu.RaceLocked(&l.v)
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Spin, lockdep.Exclusive, true, 0, func() { cpu.ReleaseByte(&l.v); preempt.Enable() })
	}
	return true
}

// Unlock unlocks and enables preemption. Context: the task that holds the lock.
func (l *MCSLock) Unlock() {
	if !spinHolder("spinning lock", l.IsLocked()) {
		return
	}
	if lockdep.On() {
		l.dep.Release()
	}
	cpu.RaceUnlocking(&l.v)
	cpu.ReleaseByte(&l.v)
	preempt.Enable()
}

// IsLocked reports whether somebody holds the lock: a hint, unless it is the
// caller. Context: any.
func (l *MCSLock) IsLocked() bool { return cpu.Load32(&l.v)&lockedMask != 0 }

// AssertHeld checks that the caller holds the lock, as SpinLock.AssertHeld does.
func (l *MCSLock) AssertHeld() { spinHeld("MCSLock", l.IsLocked(), &l.dep) }

// AssertNotHeld checks that the caller does not hold the lock, as
// SpinLock.AssertNotHeld does.
func (l *MCSLock) AssertNotHeld() { spinNotHeld("MCSLock", &l.dep) }
