package lock_test

import (
	"errors"
	"fmt"

	"github.com/gokern/gokern/lock"
)

// wwCases: acquire contexts, and WWMutexes with other locks.
func (s *selfTest) wwCases() {
	type w struct {
		c    *lock.WWClass
		a, b *lock.WWMutex
		x    *lock.AcquireCtx
	}
	for _, c := range []struct {
		line, name string
		want       verdict
		do         func(w w)
	}{
		{"ww api failures", "normal", good, func(w w) {
			must(w.a.Lock(w.x))
			must(w.b.Lock(w.x))
			w.x.Done()
			w.a.Unlock()
			w.b.Unlock()
			w.x.Fini()
		}},
		{"", "fail_acquire", good, func(w w) {
			must(w.a.Lock(w.x))
			if err := w.a.Lock(w.x); !errors.Is(err, lock.ErrAlready) {
				panic(fmt.Sprint("not refused: ", err))
			}
			w.a.Unlock()
			w.x.Fini()
		}},
		{"", "unneeded_slow", byLock, func(w w) { w.a.LockSlow(w.x) }},
		{"ww contexts mixing", "two_contexts", byOrder, func(w w) {
			must(w.a.Lock(w.x))
			must(w.b.Lock(w.c.Begin()))
		}},
		{"", "diff_class", byLock, func(w w) { _ = lock.NewWWMutex(new(lock.WWClass)).Lock(w.x) }},
		{"", "one after the other", good, func(w w) {
			must(w.a.Lock(w.x))
			w.a.Unlock()
			w.x.Fini()
			x := w.c.Begin()
			must(w.b.Lock(x))
			w.b.Unlock()
			x.Fini()
		}},
		{"finishing ww context", "done_twice", byLock, func(w w) { w.x.Done(); w.x.Done() }},
		{"", "unlock_twice", byUnlock, func(w w) { must(w.a.Lock(w.x)); w.a.Unlock(); w.a.Unlock() }},
		{"", "fini_early", byLock, func(w w) { must(w.a.Lock(w.x)); w.x.Fini() }},
		{"", "lock_after_done", byLock, func(w w) { w.x.Done(); _ = w.a.Lock(w.x) }},
		{"locking mismatches", "object_unlock_twice", byUnlock, func(w w) { must(w.a.Lock(nil)); w.a.Unlock(); w.a.Unlock() }},
		{"", "lock_unbalanced", byUnlock, func(w w) { w.a.Unlock() }},
		{"", "lock_stale_context", byLock, func(w w) { w.x.Fini(); _ = w.a.Lock(w.x) }},
		{"any order in a context", "a b", good, func(w w) {
			for range 2 {
				x := w.c.Begin()
				must(w.a.Lock(x))
				must(w.b.Lock(x))
				w.a.Unlock()
				w.b.Unlock()
				x.Fini()
				w.a, w.b = w.b, w.a
			}
		}},
		{"", "none: a b", byOrder, func(w w) { must(w.a.Lock(nil)); must(w.b.Lock(nil)) }},
		{"", "tried", good, func(w w) {
			if !w.a.TryLock(w.x) || !w.b.TryLock(w.x) {
				panic("not got")
			}
			w.b.Unlock()
			w.a.Unlock()
			w.x.Fini()
		}},
	} {
		if c.line != "" {
			s.line(c.line)
		}
		s.run(c.name, c.want, func(*env) {
			class := new(lock.WWClass)
			a, b := lock.NewWWMutex(class), lock.NewWWMutex(class)
			a.Init("ww")
			b.Init("ww")
			c.do(w{class, a, b, class.Begin()})
		})
	}
	s.wwMatrix()
	s.wwDeadlock()
}

// wwMatrix: two locks in one order and then in the other. A context, a lock in it,
// one waited for without, and a spinning lock; only what is tried cannot deadlock.
func (s *selfTest) wwMatrix() {
	type part struct {
		name string
		make func() (lock, unlock func())
	}
	parts := []part{
		{"context", func() (func(), func()) {
			c := new(lock.WWClass)
			m := lock.NewWWMutex(c)
			m.Init("ctx-ww")
			var x *lock.AcquireCtx
			return func() { x = c.Begin(); must(m.Lock(x)) }, func() { m.Unlock(); x.Fini() }
		}},
		{"block", func() (func(), func()) {
			m := lock.NewWWMutex(new(lock.WWClass))
			m.Init("block-ww")
			return func() { must(m.Lock(nil)) }, m.Unlock
		}},
		{"mutex", func() (func(), func()) {
			m := new(lock.Mutex)
			m.Init("mutex")
			return m.Lock, m.Unlock
		}},
		{"try", func() (func(), func()) {
			m := lock.NewWWMutex(new(lock.WWClass))
			m.Init("try-ww")
			return func() {
				if !m.TryLock(nil) {
					panic("not got")
				}
			}, m.Unlock
		}},
	}
	for _, first := range parts {
		s.line("ww " + first.name + " and other, both orders")
		for _, second := range parts {
			if first.name == second.name {
				continue
			}
			s.run(second.name, byOrder.unless(first.name == "try" || second.name == "try"), func(*env) {
				lock1, unlock1 := first.make()
				lock2, unlock2 := second.make()
				lock1()
				lock2()
				unlock2()
				unlock1()
				lock2()
				lock1()
				unlock1()
				unlock2()
			})
		}
		s.run("spinlock outside", byContext.unless(first.name == "try"), func(*env) {
			lock1, _ := first.make()
			l := columnNamed("spin").make("spin")
			l.lock()
			lock1()
		})
		s.run("spinlock inside", good, func(*env) {
			lock1, unlock1 := first.make()
			l := columnNamed("spin").make("spin")
			lock1()
			l.lock()
			l.unlock()
			unlock1()
		})
	}
}

func must(err error) {
	if err != nil {
		panic(errors.Join(errors.New("unexpected"), err))
	}
}
