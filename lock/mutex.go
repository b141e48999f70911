package lock

import (
	"context"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// Mutex is a mutual exclusion lock. Who finds it taken spins as long as the
// owner is a task that runs on another CPU, and then sleeps. A lock that comes
// free goes to whoever is there first, which is fastest; but who has waited
// for a millisecond gets it handed over, before all others. The zero value is
// an unlocked mutex. It must not be copied after first use. Linux: struct mutex.
//
// It has no priority inheritance: RTMutex has.
type Mutex struct {
	word  atomic.Uint32
	owner ownerHint
	wl    waitLock
	wait  waitList
	dep   lockdep.Map
}

// Bits of Mutex.word.
const (
	mutexLocked  = 1 << iota
	mutexWaiters // the list is not empty
	mutexWoken   // the first of the list is awake, and will try or sleep again
	mutexHandoff // only the first of the list may have the lock next
)

// Init names the mutex for the validator. Linux: mutex_init().
func (m *Mutex) Init(name string) { m.dep.Init(lockdep.Sleep, name, 1) }

// Lock takes the mutex, and waits for it if it is taken. Context: may block.
// Linux: mutex_lock().
func (m *Mutex) Lock() {
	preempt.MightResched()
	if !lockdep.On() && m.word.CompareAndSwap(0, mutexLocked) {
		var x byte
		m.owner.set(here(&x))
		return
	}
	_ = m.lock(forever, 0, "lock.Mutex.Lock")
}

// LockNested is Lock for a mutex that is taken inside another of its class;
// subclass, 1 to 7, says how deep, for the validator. Context: may block.
// Linux: mutex_lock_nested().
func (m *Mutex) LockNested(subclass int) {
	preempt.MightResched()
	_ = m.lock(forever, subclass, "lock.Mutex.LockNested")
}

// LockContext is Lock that gives up when ctx ends, with ctx's error. Context:
// may block. Linux: mutex_lock_killable().
func (m *Mutex) LockContext(ctx context.Context) error {
	preempt.MightResched()
	return m.lock(ctx, 0, "lock.Mutex.LockContext")
}

// TryLock takes the mutex if that is possible at once, and reports whether it
// did. It may fail while the mutex is on its way from one to another, also if the
// other has given up. Context: any. Linux: mutex_trylock().
func (m *Mutex) TryLock() bool {
	if !m.try() {
		return false
	}
	if lockdep.On() {
		m.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, true, 0)
	}
	return true
}

// Unlock releases the mutex. It may be called by another than took it; only the
// validator objects. To unlock one that is not locked is a BUG. Context: any.
// Linux: mutex_unlock().
func (m *Mutex) Unlock() {
	if lockdep.On() {
		m.dep.Release()
	}
	if left := m.word.Sub(mutexLocked); left != 0 {
		m.unlockSlow(left)
	}
}

// IsLocked reports whether somebody holds the mutex. Context: any. Linux:
// mutex_is_locked().
func (m *Mutex) IsLocked() bool { return m.word.Load()&mutexLocked != 0 }

// AssertHeld raises a BUG if the caller does not hold the mutex, as far as can
// be told: without the validator, if nobody does. Context: any. Linux:
// lockdep_assert_held().
func (m *Mutex) AssertHeld() { assertHeld(&m.dep, m.IsLocked(), "lock.Mutex.AssertHeld") }

// AssertNotHeld raises a BUG if the caller holds the mutex; only the validator
// can tell. Context: any. Linux: lockdep_assert_not_held().
func (m *Mutex) AssertNotHeld() { assertNotHeld(&m.dep, "lock.Mutex.AssertNotHeld") }

func assertHeld(dep *lockdep.Map, taken bool, who string) {
	if !taken || lockdep.On() && !dep.Held() {
		preempt.Raise(who + ": the lock is not held")
	}
}

func assertNotHeld(dep *lockdep.Map, who string) {
	if lockdep.On() && dep.Held() {
		preempt.Raise(who + ": the lock is held")
	}
}
