package lock

import (
	"context"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// RWSem is a lock that many readers or one writer hold. It is fair: who waits is
// served in the order they came, and when that is a reader's turn all readers
// that wait have it; who comes while others wait, waits too. So neither side
// starves the other, and a reader must not take the lock again while it holds
// it: a writer may wait in between. The zero value is an unlocked lock. It must
// not be copied after first use. Linux: struct rw_semaphore.
type RWSem struct {
	word rwWord
	wl   waitLock
	wait waitList
	dep  lockdep.Map
}

// Parts of RWSem.word; the number of readers is above them. A reader counts
// itself before it looks whether it may, and takes that back if it may not.
const (
	rwWriter  = 1 << iota // a writer holds it
	rwWaiters             // the list is not empty
	rwReader  = 1 << 8
)

// Init names the lock for the validator. Linux: init_rwsem().
func (s *RWSem) Init(name string) { s.dep.Init(lockdep.Sleep, name, 1) }

// Lock takes the lock for writing. Context: may block. Linux: down_write().
func (s *RWSem) Lock() { _ = s.write(forever, 0, "lock.RWSem.Lock") }

// LockNested is Lock inside another lock of the class; see Mutex.LockNested.
// Linux: down_write_nested().
func (s *RWSem) LockNested(subclass int) { _ = s.write(forever, subclass, "lock.RWSem.LockNested") }

// LockContext is Lock that gives up when ctx ends, with ctx's error. Context:
// may block. Linux: down_write_killable().
func (s *RWSem) LockContext(ctx context.Context) error {
	return s.write(ctx, 0, "lock.RWSem.LockContext")
}

// TryLock is Lock if that is possible at once, and reports whether it did. It may
// fail while the lock is on its way from one to another, or a reader looks whether
// it may have it. Context: any. Linux: down_write_trylock().
func (s *RWSem) TryLock() bool {
	if !s.word.CompareAndSwap(0, rwWriter) {
		return false
	}
	s.word.writeLocked()
	if lockdep.On() {
		s.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, true, 0)
	}
	return true
}

// Unlock releases the lock from writing. If it is not locked for writing that is
// a BUG. Context: any. Linux: up_write().
func (s *RWSem) Unlock() {
	if lockdep.On() {
		s.dep.Release()
	}
	s.unlock()
}

func (s *RWSem) unlock() {
	s.word.writeUnlocking()
	s.drop(rwWriter, 0, "lock.RWSem.Unlock: no writer holds the lock")
}

// RLock takes the lock for reading. Context: may block. Linux: down_read().
func (s *RWSem) RLock() {
	preempt.MightResched()
	counted := !lockdep.On()
	if counted && s.word.Add(rwReader)&(rwWriter|rwWaiters) == 0 {
		s.word.readLocked()
		return
	}
	_ = s.read(forever, counted, "lock.RWSem.RLock")
}

// RLockContext is RLock that gives up when ctx ends, with ctx's error. Context:
// may block. Linux: down_read_killable().
func (s *RWSem) RLockContext(ctx context.Context) error {
	return s.read(ctx, false, "lock.RWSem.RLockContext")
}

// TryRLock is RLock if that is possible at once, and reports whether it did. It
// may fail while the lock is on its way from one to another. Context: any. Linux: down_read_trylock().
func (s *RWSem) TryRLock() bool {
	for {
		old := s.word.Load()
		if old&(rwWriter|rwWaiters) != 0 {
			return false
		}
		if s.word.CompareAndSwap(old, old+rwReader) {
			break
		}
	}
	s.word.readLocked()
	if lockdep.On() {
		s.dep.Acquire(lockdep.Sleep, lockdep.Shared, true, 0)
	}
	return true
}

// RUnlock releases the lock from reading. If no reader holds it that is a BUG.
// Context: any. Linux: up_read().
func (s *RWSem) RUnlock() {
	if lockdep.On() {
		s.dep.Release()
	}
	s.runlock()
}

func (s *RWSem) runlock() {
	s.word.readUnlocking()
	left := s.word.Sub(rwReader)
	if left < 0 {
		s.word.Add(rwReader)
		preempt.Raise("lock.RWSem.RUnlock: no reader holds the lock")
	} else if left < rwReader && left&rwWaiters != 0 {
		s.wl.post(s)
	}
}

// Downgrade makes a writer a reader: other readers may come, and no writer has
// been in between. Context: any. Linux: downgrade_write().
func (s *RWSem) Downgrade() {
	if lockdep.On() {
		s.dep.Downgrade()
	}
	s.word.writeUnlocking()
	s.drop(rwWriter, rwReader, "lock.RWSem.Downgrade: no writer holds the lock")
}

// IsLocked reports whether anybody holds the lock. Context: any. Linux:
// rwsem_is_locked().
func (s *RWSem) IsLocked() bool { return s.word.Load()&^rwWaiters != 0 }

// AssertHeld raises a BUG if the caller holds the lock in neither way, as far as
// can be told: without the validator, if nobody does. Context: any. Linux:
// lockdep_assert_held().
func (s *RWSem) AssertHeld() { assertHeld(&s.dep, s.IsLocked(), "lock.RWSem.AssertHeld") }

// AssertHeldWrite is AssertHeld for writing. Linux: lockdep_assert_held_write().
func (s *RWSem) AssertHeldWrite() {
	assertHeld(&s.dep, s.word.Load()&rwWriter != 0, "lock.RWSem.AssertHeldWrite")
}

// AssertNotHeld raises a BUG if the caller holds the lock; only the validator can
// tell. Context: any. Linux: lockdep_assert_not_held().
func (s *RWSem) AssertNotHeld() { assertNotHeld(&s.dep, "lock.RWSem.AssertNotHeld") }
