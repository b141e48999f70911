package lock

import (
	"context"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// read is RLock with the validator. counted says that the caller has counted
// itself.
func (s *RWSem) read(ctx context.Context, counted bool, who string) error {
	if !counted {
		preempt.MightResched()
	}
	on := lockdep.On()
	if on {
		lockdep.MightSleep(who)
		s.dep.Acquire(lockdep.Sleep, lockdep.Shared, false, 0)
	}
	if counted {
		s.uncount()
	}
	return s.result(on, s.take(ctx, shared))
}

// write is Lock with the validator.
func (s *RWSem) write(ctx context.Context, subclass int, who string) error {
	preempt.MightResched()
	on := lockdep.On()
	if on {
		lockdep.MightSleep(who)
		s.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, false, subclass)
	}
	return s.result(on, s.take(ctx, exclusive))
}

// result tells the validator how it has ended, and returns err.
func (s *RWSem) result(on bool, err error) error {
	switch {
	case !on:
	case err == nil:
		s.dep.Acquired()
	default:
		s.dep.Release()
	}
	return err
}

// take takes the lock, unless ctx ends before.
func (s *RWSem) take(ctx context.Context, k kind) error {
	err := s.acquire(ctx, k)
	switch {
	case err != nil:
	case k == shared:
		s.word.readLocked()
	default:
		s.word.writeLocked()
	}
	return err
}

func (s *RWSem) acquire(ctx context.Context, k kind) error {
	if k == shared {
		if s.word.Add(rwReader)&(rwWriter|rwWaiters) == 0 {
			return nil
		}
		s.uncount()
	} else if s.word.CompareAndSwap(0, rwWriter) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if ctx == forever && lockdep.On() {
		s.dep.Contended()
	}
	return s.sleep(ctx, k)
}

// uncount takes back that a reader has counted itself.
func (s *RWSem) uncount() {
	if left := s.word.Sub(rwReader); left < rwReader && left&rwWaiters != 0 {
		s.wl.post(s) // the count may have kept a writer out
	}
}

func (s *RWSem) sleep(ctx context.Context, k kind) error {
	w := newWaiter(k)
	defer w.free()
	s.wl.enter()
	s.wait.pushBack(w)
	for old := s.word.Load(); !s.word.CompareAndSwap(old, old|rwWaiters); old = s.word.Load() {
	}
	s.wl.leave(s)
	err := w.sleep(ctx)
	if err == nil {
		return nil
	}
	s.wl.enter()
	if w.granted {
		err = nil
	} else {
		s.wait.remove(w)
	}
	s.wl.leave(s) // others may go on now that w is gone
	return err
}

// serve gives the lock to whoever may have it now. The waitLock is held.
func (s *RWSem) serve() {
	for {
		old, w := s.word.Load(), s.wait.first
		switch {
		case w == nil:
			if old&rwWaiters == 0 || s.word.CompareAndSwap(old, old&^rwWaiters) {
				return
			}
		case w.kind == shared:
			if old&rwWriter != 0 {
				return
			}
			if s.word.CompareAndSwap(old, old+rwReader) {
				s.admit(w)
			}
		case old&^rwWaiters != 0:
			return
		case s.word.CompareAndSwap(old, old|rwWriter):
			s.wait.grant(w)
		}
	}
}

// admit lets reader w in, which is counted, and all others that wait with it.
func (s *RWSem) admit(w *waiter) {
	for w != nil {
		next := w.next
		for next != nil && next.kind != shared {
			next = next.next
		}
		if next != nil {
			s.word.Add(rwReader) // before w may leave again
		}
		s.wait.grant(w)
		w = next
	}
}

// drop takes part bit from the word and adds n. To lack the bit is BUG what.
func (s *RWSem) drop(bit, n int64, what string) {
	for {
		old := s.word.Load()
		if old&bit == 0 {
			preempt.Raise(what)
			return
		}
		left := old&^bit + n
		if s.word.CompareAndSwap(old, left) {
			if left&rwWaiters != 0 {
				s.wl.post(s)
			}
			return
		}
	}
}
