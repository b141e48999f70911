package lock

import (
	"context"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
)

// PerCPURWSem is an RWSem for what is read all the time and hardly ever written.
// A reader that is a task changes a word of its own CPU only, so that readers on
// different CPUs do not slow each other down; ordinary goroutines share one. A
// writer pays for that: it has every thread of the process pass a memory
// barrier, which takes some microseconds, and adds up the words. (With the race
// detector, and where Linux's membarrier is not to be had, readers share a word,
// too.) It must be made by NewPerCPURWSem. Linux: struct percpu_rw_semaphore.
//
// Readers that come and readers that go are counted separately. A reader may go
// on another CPU than it came on, and the writer reads the words one after the
// other; as it reads those of the readers that went first, it cannot count one
// that goes and miss that it came.
type PerCPURWSem struct {
	closed atomic.Uint32 // 1: a writer is there, or waits for readers to leave
	plain  bool          // tasks count in came and went; allBarrier orders that
	came   *percpu.Word[uint64]
	went   *percpu.Word[uint64]
	shared struct{ came, went atomic.Uint64 } // of all others

	rw   RWSem     // writers hold it all the time, readers while they wait
	gone WaitQueue // the writer, for readers to leave
	dep  lockdep.Map
}

// NewPerCPURWSem returns an unlocked lock. Linux: percpu_init_rwsem().
func NewPerCPURWSem() *PerCPURWSem {
	s := &PerCPURWSem{plain: !raceBuild && hasBarrier(), came: percpu.NewWord[uint64](), went: percpu.NewWord[uint64]()}
	s.dep.Init(lockdep.Sleep, "", 1)
	return s
}

// Init names the lock for the validator.
func (s *PerCPURWSem) Init(name string) { s.dep.Init(lockdep.Sleep, name, 1) }

// RLock takes the lock for reading. Context: may block. Linux: percpu_down_read().
func (s *PerCPURWSem) RLock() {
	preempt.MightResched()
	if lockdep.On() || !s.enter() {
		_ = s.read(forever, "lock.PerCPURWSem.RLock")
	}
}

// RLockContext is RLock that gives up when ctx ends, with ctx's error. Context:
// may block.
func (s *PerCPURWSem) RLockContext(ctx context.Context) error {
	return s.read(ctx, "lock.PerCPURWSem.RLockContext")
}

// TryRLock is RLock if that is possible at once, and reports whether it did.
// Context: any. Linux: percpu_down_read_trylock().
func (s *PerCPURWSem) TryRLock() bool {
	if !s.enter() {
		return false
	}
	if lockdep.On() {
		s.dep.Acquire(lockdep.Sleep, lockdep.Shared, true, 0)
	}
	return true
}

// RUnlock releases the lock from reading. Context: any. Linux: percpu_up_read().
func (s *PerCPURWSem) RUnlock() {
	if lockdep.On() {
		s.dep.Release()
	}
	s.leave()
}

// Lock takes the lock for writing. Context: may block. Linux: percpu_down_write().
func (s *PerCPURWSem) Lock() { _ = s.write(forever, "lock.PerCPURWSem.Lock") }

// LockContext is Lock that gives up when ctx ends, with ctx's error. Context:
// may block.
func (s *PerCPURWSem) LockContext(ctx context.Context) error {
	return s.write(ctx, "lock.PerCPURWSem.LockContext")
}

// Unlock releases the lock from writing. If no writer holds it that is a BUG.
// Context: any. Linux: percpu_up_write().
func (s *PerCPURWSem) Unlock() {
	if s.closed.Load() == 0 {
		preempt.Raise("lock.PerCPURWSem.Unlock: no writer holds the lock")
		return
	}
	if lockdep.On() {
		s.dep.Release()
	}
	s.closed.Store(0)
	s.rw.unlock()
}

// AssertHeld raises a BUG if the caller holds the lock in neither way, as far as
// can be told: without the validator, if nobody does. Context: any. Linux:
// percpu_rwsem_is_held().
func (s *PerCPURWSem) AssertHeld() {
	assertHeld(&s.dep, s.closed.Load() != 0 || !s.empty(), "lock.PerCPURWSem.AssertHeld")
}

// AssertNotHeld raises a BUG if the caller holds the lock; only the validator can
// tell. Context: any.
func (s *PerCPURWSem) AssertNotHeld() { assertNotHeld(&s.dep, "lock.PerCPURWSem.AssertNotHeld") }

// enter counts the caller as a reader if no writer keeps readers out, and reports
// whether it did.
func (s *PerCPURWSem) enter() bool {
	s.come()
	if s.closed.Load() == 0 {
		return true
	}
	s.leave()
	return false
}

// come counts a reader that comes.
func (s *PerCPURWSem) come() {
	if s.plain && inTask() {
		s.came.Add(1)
	} else {
		s.shared.came.Inc()
	}
}

// leave counts a reader that goes, and has a writer look.
func (s *PerCPURWSem) leave() {
	if s.plain && inTask() {
		s.went.Add(1)
	} else {
		s.shared.went.Inc()
	}
	if s.closed.Load() != 0 {
		s.gone.wakeAlways(0)
	}
}

// empty reports whether there are no readers. Only while closed the answer stays
// true.
func (s *PerCPURWSem) empty() bool {
	went := s.went.Sum() + s.shared.went.Load()
	return went == s.came.Sum()+s.shared.came.Load()
}

// read is RLock with the validator.
func (s *PerCPURWSem) read(ctx context.Context, who string) error {
	preempt.MightResched()
	on := lockdep.On()
	if on {
		lockdep.MightSleep(who)
		s.dep.Acquire(lockdep.Sleep, lockdep.Shared, false, 0)
	}
	if !s.enter() {
		if err := s.rw.take(ctx, shared); err != nil {
			if on {
				s.dep.Release()
			}
			return err
		}
		s.come() // no writer is in, nor comes before runlock
		s.rw.runlock()
	}
	if on {
		s.dep.Acquired()
	}
	return nil
}

// write is Lock with the validator.
func (s *PerCPURWSem) write(ctx context.Context, who string) error {
	preempt.MightResched()
	on := lockdep.On()
	if on {
		lockdep.MightSleep(who)
		s.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, false, 0)
	}
	err := s.rw.take(ctx, exclusive)
	if err == nil {
		s.closed.Store(1)
		if s.plain {
			// From here on each reader sees closed, or has been counted.
			allBarrier()
		}
		if err = s.gone.event(ctx, shared, s.empty, who); err != nil {
			s.closed.Store(0)
			s.rw.unlock()
		}
	}
	switch {
	case !on:
	case err == nil:
		s.dep.Acquired()
	default:
		s.dep.Release()
	}
	return err
}
