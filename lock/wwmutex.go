package lock

import (
	"context"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// WWMutex is a mutex of which several are taken in an order that is not known
// before, as buffers for a job are: who would deadlock is told to release what
// it has and to start again, and the oldest always gets through:
//
//	x := class.Begin()
//	defer x.Fini()
//	for {
//		err := lockAll(x) // each m.Lock(x), until one gives an error
//		if !errors.Is(err, lock.ErrDeadlock) {
//			break
//		}
//		// unlock all that are held, then contended.LockSlow(x), and once more
//	}
//
// With a nil context it is a mutex that takes no part in this. Who waits is
// served by age, where there is a context, and else in the order they came. It
// must be made by NewWWMutex. Linux: struct ww_mutex.
type WWMutex struct {
	class *WWClass
	wl    waitLock

	// Protected by wl.
	locked bool
	ctx    *AcquireCtx // the owner's; nil: none, or not locked
	wait   wwList

	dep lockdep.Map
}

// NewWWMutex returns an unlocked mutex of class c. Linux: ww_mutex_init().
func NewWWMutex(c *WWClass) *WWMutex {
	m := &WWMutex{class: c}
	m.dep.InitLike(&c.locks)
	return m
}

// Init names the mutex for the validator.
func (m *WWMutex) Init(name string) { m.dep.Init(lockdep.Sleep, name, 1) }

// Lock takes the mutex in acquire context x, which may be nil. Errors:
// ErrDeadlock: release all locks of x and call LockSlow of this one; ErrAlready:
// x has it. To lock with a context that is of another class, done or ended is a
// BUG. Context: may block. Linux: ww_mutex_lock().
func (m *WWMutex) Lock(x *AcquireCtx) error {
	return m.lock(forever, x, false, "lock.WWMutex.Lock")
}

// LockContext is Lock that gives up when ctx ends, with ctx's error. Context:
// may block. Linux: ww_mutex_lock_interruptible().
func (m *WWMutex) LockContext(ctx context.Context, x *AcquireCtx) error {
	return m.lock(ctx, x, false, "lock.WWMutex.LockContext")
}

// LockSlow takes the mutex that gave ErrDeadlock, after all locks of x have been
// released; it waits as long as it takes. Context: may block. Linux:
// ww_mutex_lock_slow().
func (m *WWMutex) LockSlow(x *AcquireCtx) { _ = m.lock(forever, x, true, "lock.WWMutex.LockSlow") }

// LockSlowContext is LockSlow that gives up when ctx ends, with ctx's error.
// Context: may block. Linux: ww_mutex_lock_slow_interruptible().
func (m *WWMutex) LockSlowContext(ctx context.Context, x *AcquireCtx) error {
	return m.lock(ctx, x, true, "lock.WWMutex.LockSlowContext")
}

// TryLock takes the mutex in x, which may be nil, if that is possible at once, and
// reports whether it did. Context: may block, though not for the mutex. Linux:
// ww_mutex_trylock().
func (m *WWMutex) TryLock(x *AcquireCtx) bool {
	if x != nil && m.misused(x, false, "lock.WWMutex.TryLock") {
		return false
	}
	m.wl.enter()
	ok := !m.locked && m.wait.first == nil
	if ok {
		m.take(x)
	}
	m.wl.leave(m)
	if ok && lockdep.On() {
		m.tell(x, true)
	}
	return ok
}

// Unlock releases the mutex, whichever context it was taken in. If it is not
// locked that is a BUG. Context: may block. Linux: ww_mutex_unlock().
func (m *WWMutex) Unlock() {
	if lockdep.On() {
		m.dep.Release()
	}
	m.wl.enter()
	bad := !m.locked
	if m.ctx != nil {
		m.ctx.acquired.Dec()
	}
	m.locked, m.ctx = false, nil
	m.wl.leave(m)
	if bad {
		preempt.Raise("lock.WWMutex.Unlock: the mutex is not locked")
	}
}

// IsLocked reports whether somebody holds the mutex. Context: may block. Linux:
// ww_mutex_is_locked().
func (m *WWMutex) IsLocked() bool {
	m.wl.enter()
	locked := m.locked
	m.wl.leave(m)
	return locked
}

// AssertHeld raises a BUG if the caller does not hold the mutex, as far as can
// be told: without the validator, if nobody does. Context: may block. Linux:
// lockdep_assert_held().
func (m *WWMutex) AssertHeld() { assertHeld(&m.dep, m.IsLocked(), "lock.WWMutex.AssertHeld") }

// AssertNotHeld raises a BUG if the caller holds the mutex; only the validator
// can tell. Context: any.
func (m *WWMutex) AssertNotHeld() { assertNotHeld(&m.dep, "lock.WWMutex.AssertNotHeld") }

// lock is Lock, or LockSlow, with the validator. To it the context protects its
// locks from each other, since their order is free.
func (m *WWMutex) lock(ctx context.Context, x *AcquireCtx, slow bool, who string) error {
	if x != nil && m.misused(x, slow, who) {
		return ErrDeadlock
	}
	preempt.MightResched()
	on := lockdep.On()
	if on {
		lockdep.MightSleep(who)
		m.tell(x, false)
	}
	err := m.acquire(ctx, x)
	switch {
	case err == nil && x != nil:
		x.contend = nil
	case err == ErrDeadlock:
		x.contend = m
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

// tell tells the validator that the mutex is taken in x, which may be nil.
func (m *WWMutex) tell(x *AcquireCtx, try bool) {
	if x == nil {
		m.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, try, 0)
		return
	}
	if !x.dep.Held() { // the first lock, by whoever uses x
		x.dep.InitLike(&x.class.dep)
		x.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, try, 0)
		x.dep.Acquired()
	}
	m.dep.AcquireNest(lockdep.Sleep, lockdep.Exclusive, try, &x.dep)
}

func (m *WWMutex) misused(x *AcquireCtx, slow bool, who string) bool {
	what := x.misuse(m, slow)
	if what != "" {
		preempt.Raise(who + ": " + what)
	}
	return what != ""
}
