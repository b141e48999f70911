package rcu

import (
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// SRCU is RCU whose readers may block, and be ordinary goroutines too. Each SRCU
// is a domain of its own: its grace periods wait for its own readers only. A
// section costs two atomic additions. Linux: struct srcu_struct.
type SRCU struct {
	dep     lockdep.Map
	index   atomic.Uint32 // which of each pair of counters new readers count in
	stripes []stripe
	syncs   queue // its goroutine is the one that makes grace periods
	calls   queue

	order edge
}

// NewSRCU returns an SRCU; name is for the validator's reports, and "" means the
// caller's place in the program. Linux: init_srcu_struct().
func NewSRCU(name string) *SRCU {
	s := &SRCU{stripes: newStripes()}
	s.dep.Init(lockdep.SRCU, name, 1)
	s.syncs.wait = s.grace
	s.calls.wait = func(bool) { s.syncs.barrier() }
	return s
}

// ReadLock begins a read-side section and returns what ReadUnlock needs. The
// section may block. Context: any goroutine, atomic or not. Linux: srcu_read_lock().
func (s *SRCU) ReadLock() (index int) {
	index = s.enter()
	if lockdep.On() {
		s.dep.Acquire(lockdep.SRCU, lockdep.SharedRecurse, false, 0)
		s.dep.Acquired()
	}
	return index
}

// DownRead begins a section that another goroutine may end, by UpRead and with the
// index. The validator does not watch it. Linux: srcu_down_read().
func (s *SRCU) DownRead() (index int) { return s.enter() }

// UpRead ends the section that DownRead began. Context: any goroutine. Linux:
// srcu_up_read().
func (s *SRCU) UpRead(index int) {
	if s.checkIndex(index) {
		s.order.end()
		s.leave(index)
	}
}

// ReadUnlock ends the section that ReadLock began. An index that ReadLock cannot
// have returned is a BUG. Context: any goroutine. Linux: srcu_read_unlock().
func (s *SRCU) ReadUnlock(index int) {
	if !s.checkIndex(index) {
		return
	}
	if lockdep.On() {
		s.dep.Release()
	}
	s.order.end()
	s.leave(index)
}

func (s *SRCU) checkIndex(index int) bool {
	if uint(index) > 1 {
		preempt.Raise("SRCU: the index is not ReadLock's")
		return false
	}
	return true
}

// ReadLockHeld reports whether the caller is in a section, as far as the
// validator has seen; while that is off, true. Linux: srcu_read_lock_held().
func (s *SRCU) ReadLockHeld() bool { return !lockdep.On() || s.dep.Held() }

// Synchronize waits until all sections of s that have begun before the call
// have ended. In such a section it would wait for itself. Context: may block; a
// task or an ordinary goroutine. Linux: synchronize_srcu().
func (s *SRCU) Synchronize() {
	if s.mayWait("SRCU.Synchronize") {
		s.syncs.barrier()
	}
}

// Call has fn called after a grace period of s, as rcu.Call does. Linux:
// call_srcu().
func (s *SRCU) Call(fn func()) { s.calls.add("SRCU.Call", new(Head), fn) }

// CallHead is Call with memory of the caller's. Context: any goroutine, atomic or
// not.
func (s *SRCU) CallHead(h *Head, fn func()) { s.calls.add("SRCU.CallHead", h, fn) }

// Barrier waits until all functions of calls made before have returned. From such
// a function it would wait for itself. Context: may block. Linux: srcu_barrier().
func (s *SRCU) Barrier() {
	if s.mayWait("SRCU.Barrier") {
		s.calls.barrier()
	}
}

func (s *SRCU) mayWait(what string) bool {
	if lockdep.On() {
		lockdep.MightSleep(what)
		if s.dep.Held() {
			preempt.Raise(what + " in a read-side section of the same SRCU: it would wait for itself")
			return false
		}
	}
	if isAtomic() {
		preempt.Raise(what + " while atomic")
		return false
	}
	return true
}

// grace waits for a grace period. Only the goroutine of syncs does.
//
// A reader that has read the index and not counted yet may count in the half that
// is being waited for, or already has been. So there are two waits: the first
// for those that counted in the other half too late for the last grace period,
// so that this half is empty when new readers are sent there.
func (s *SRCU) grace(bool) {
	raceOff()
	old := s.index.Load() & 1
	raceOn()
	s.waitFor(old ^ 1)
	raceOff()
	s.index.Store(old ^ 1)
	raceOn()
	s.waitFor(old)
	s.order.over()
}

// waitFor waits until no reader is counted in half i.
func (s *SRCU) waitFor(i uint32) {
	for pause := firstPause; !s.idle(i); pause = min(2*pause, longestPause) {
		time.Sleep(pause)
	}
}
