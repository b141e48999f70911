package lock

import (
	"context"
	"time"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// starved is how long the first in the list lets others take the mutex before
// it. As in sync.Mutex: a hand-over costs a switch, in which nobody holds the
// lock, so it must be rare.
var starved = time.Millisecond

// lock is Lock with the validator.
func (m *Mutex) lock(ctx context.Context, subclass int, who string) error {
	if !lockdep.On() {
		return m.acquire(ctx)
	}
	lockdep.MightSleep(who)
	m.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, false, subclass)
	if err := m.acquire(ctx); err != nil {
		m.dep.Release()
		return err
	}
	m.dep.Acquired()
	return nil
}

// try takes the mutex if it is free and promised to nobody.
func (m *Mutex) try() bool {
	for {
		old := m.word.Load()
		if old&(mutexLocked|mutexHandoff) != 0 {
			return false
		}
		if m.word.CompareAndSwap(old, old|mutexLocked) {
			var x byte
			m.owner.set(here(&x))
			return true
		}
	}
}

// free reports whether try might succeed.
func (m *Mutex) free() bool { return m.word.Load()&(mutexLocked|mutexHandoff) == 0 }

func (m *Mutex) acquire(ctx context.Context) error {
	if m.try() {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.spin() {
		return nil
	}
	if ctx == forever && lockdep.On() {
		m.dep.Contended()
	}
	w := newWaiter(exclusive)
	defer w.free()
	began := time.Now()
	m.wl.enter()
	m.wait.pushBack(w)
	m.set(mutexWaiters)
	for {
		m.wl.leave(m) // which wakes the first, should the mutex be free by now
		if err := w.sleep(ctx); err != nil {
			return m.giveUp(w, err)
		}
		if w.granted {
			m.owned()
			return nil
		}
		if m.spin() {
			m.wl.enter()
			m.wait.remove(w)
			m.clear(mutexWoken)
			m.settle()
			m.wl.leave(m)
			return nil
		}
		m.wl.enter()
		w.woken = false
		m.clear(mutexWoken)
		if time.Since(began) >= starved {
			m.set(mutexHandoff)
		}
	}
}

// owned notes that the caller has got the mutex without having done anything.
func (m *Mutex) owned() {
	var x byte
	m.owner.set(here(&x))
}

// giveUp takes w, whose context has ended, from the list, and returns err, or
// nil if the mutex is its own already.
func (m *Mutex) giveUp(w *waiter, err error) error {
	m.wl.enter()
	if w.granted {
		m.wl.leave(m)
		m.owned()
		return nil
	}
	if m.wait.first == w { // both bits are about the first
		m.clear(mutexWoken | mutexHandoff)
	}
	m.wait.remove(w)
	m.settle()
	m.wl.leave(m)
	return err
}

// serve lets the first waiter go on if the mutex is free: with the mutex if it
// has waited for too long, else to try. The waitLock is held.
func (m *Mutex) serve() {
	for {
		old, w := m.word.Load(), m.wait.first
		switch {
		case w == nil || old&mutexLocked != 0:
			return
		case old&mutexHandoff != 0:
			if m.word.CompareAndSwap(old, old&^mutexHandoff|mutexLocked) {
				m.wait.grant(w)
				m.settle()
				return
			}
		case old&mutexWoken != 0:
			return
		case m.word.CompareAndSwap(old, old|mutexWoken):
			w.wake()
			return
		}
	}
}

// settle makes mutexWaiters right. The waitLock is held.
func (m *Mutex) settle() {
	if m.wait.empty() {
		m.clear(mutexWaiters)
	}
}

// unlockSlow is the rest of Unlock, which has left that word behind.
func (m *Mutex) unlockSlow(left uint32) {
	if (left+mutexLocked)&mutexLocked == 0 {
		m.word.Add(mutexLocked)
		preempt.Raise("lock.Mutex.Unlock: the mutex is not locked")
		return
	}
	// One that is awake looks at the word again before it sleeps. Whoever has
	// taken the mutex meanwhile will come here, too.
	if left&mutexHandoff == 0 && left&mutexWoken != 0 {
		return
	}
	m.wl.post(m)
}

func (m *Mutex) set(bits uint32) {
	for old := m.word.Load(); !m.word.CompareAndSwap(old, old|bits); old = m.word.Load() {
	}
}

func (m *Mutex) clear(bits uint32) {
	for old := m.word.Load(); !m.word.CompareAndSwap(old, old&^bits); old = m.word.Load() {
	}
}
