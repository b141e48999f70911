package lock

import (
	"context"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// RTMutex is a mutex with priority inheritance: as long as tasks wait for it its
// owner runs with the highest of their priorities, if that is above its own. Where
// the owner itself waits for an RTMutex the owner of that one does too, and so on
// along the chain. It is taken back when there is no more reason for it: at the
// unlock, when a waiter gives up, when SetAttr changes a priority.
//
// Who waits is served by priority, and among equals in the order they came;
// unlock hands the mutex over. A chain that would come back to the caller is
// ErrDeadlock.
//
// Ordinary goroutines may use it: they wait with priority 0. One that owns the
// mutex cannot be lent anything, for Go schedules it; gpm.Kernel.Do makes a task
// of it. The zero value is an unlocked mutex. It must not be copied after first
// use. Linux: struct rt_mutex.
type RTMutex struct {
	owner  atomic.Pointer[rtOwner]
	wait   rtList   // protected by chains
	nextOf *RTMutex // the next with waiters of the same owner; likewise
	dep    lockdep.Map
}

// Init names the mutex for the validator. Linux: rt_mutex_init().
func (m *RTMutex) Init(name string) { m.dep.Init(lockdep.Sleep, name, 1) }

// Lock takes the mutex, and waits for it if it is taken. A deadlock, which
// LockContext returns as an error, is a BUG here: the caller then waits for ever.
// Context: may block. Linux: rt_mutex_lock().
func (m *RTMutex) Lock() {
	if err := m.lock(forever, 0, "lock.RTMutex.Lock"); err != nil {
		preempt.Raise("lock.RTMutex.Lock: " + err.Error())
		select {}
	}
}

// LockNested is Lock inside another lock of the class; see Mutex.LockNested.
// Linux: rt_mutex_lock_nested().
func (m *RTMutex) LockNested(subclass int) {
	if err := m.lock(forever, subclass, "lock.RTMutex.LockNested"); err != nil {
		preempt.Raise("lock.RTMutex.LockNested: " + err.Error())
		select {}
	}
}

// LockContext is Lock that gives up when ctx ends, with ctx's error, and returns
// ErrDeadlock instead of waiting for itself. Context: may block. Linux:
// rt_mutex_lock_interruptible().
func (m *RTMutex) LockContext(ctx context.Context) error {
	return m.lock(ctx, 0, "lock.RTMutex.LockContext")
}

// LockTimeout is LockContext that gives up after d, with
// context.DeadlineExceeded. Context: may block. Linux: rt_mutex_timed_lock().
func (m *RTMutex) LockTimeout(d time.Duration) error {
	return within(d, func(ctx context.Context) error { return m.lock(ctx, 0, "lock.RTMutex.LockTimeout") })
}

// TryLock takes the mutex if that is possible at once, and reports whether it
// did. Context: any. Linux: rt_mutex_trylock().
func (m *RTMutex) TryLock() bool {
	if m.owner.Load() != nil || !m.owner.CompareAndSwap(nil, &self().owner) {
		return false
	}
	if lockdep.On() {
		m.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, true, 0)
	}
	return true
}

// Unlock releases the mutex, or hands it to the first waiter, and takes back what
// the caller was lent for it: it may be preempted here. Only the owner may unlock;
// else it is a BUG. Context: may block. Linux: rt_mutex_unlock().
func (m *RTMutex) Unlock() {
	o := m.owner.Load()
	if o == nil || !o.party.isCaller() {
		preempt.Raise("lock.RTMutex.Unlock: the caller does not own the mutex")
		return
	}
	if lockdep.On() {
		m.dep.Release()
	}
	if o != &o.party.owner || !m.owner.CompareAndSwap(o, nil) {
		m.handOver()
	}
}

// IsLocked reports whether somebody owns the mutex. Context: any. Linux:
// rt_mutex_is_locked().
func (m *RTMutex) IsLocked() bool { return m.owner.Load() != nil }

// AssertHeld raises a BUG if the caller does not own the mutex. Context: any.
// Linux: lockdep_assert_held().
func (m *RTMutex) AssertHeld() {
	if o := m.owner.Load(); o == nil || !o.party.isCaller() {
		preempt.Raise("lock.RTMutex.AssertHeld: the lock is not held")
	}
}

// AssertNotHeld raises a BUG if the caller owns the mutex. Context: any. Linux:
// lockdep_assert_not_held().
func (m *RTMutex) AssertNotHeld() {
	if o := m.owner.Load(); o != nil && o.party.isCaller() && o.party.known() {
		preempt.Raise("lock.RTMutex.AssertNotHeld: the lock is held")
	}
}

// lock is Lock with the validator.
func (m *RTMutex) lock(ctx context.Context, subclass int, who string) error {
	preempt.MightResched()
	on := lockdep.On()
	if on {
		lockdep.MightSleep(who)
		m.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, false, subclass)
	}
	me := self()
	var err error
	if !m.owner.CompareAndSwap(nil, &me.owner) {
		if on && ctx == forever {
			m.dep.Contended()
		}
		err = m.sleep(ctx, me)
	}
	switch {
	case !on:
	case err == nil:
		m.dep.Acquired()
	default:
		m.dep.Release()
	}
	return err
}
