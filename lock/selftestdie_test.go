package lock_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gokern/gokern/lock"
)

// wwDeadlock: what a context may do that has been told to give up.
func (s *selfTest) wwDeadlock() {
	type w struct {
		held, contended, other *lock.WWMutex
		x                      *lock.AcquireCtx
		freed                  func() // the contended one becomes free
	}
	s.line("EDEADLK handling")
	for _, c := range []struct {
		name string
		want verdict
		do   func(w w)
	}{
		{"normal", good, func(w w) {
			w.held.Unlock()
			w.freed()
			w.contended.LockSlow(w.x)
			must(w.held.Lock(w.x))
			w.held.Unlock()
			w.contended.Unlock()
			w.x.Fini()
		}},
		{"normal_slow", good, func(w w) {
			w.held.Unlock()
			w.freed()
			must(w.contended.LockSlowContext(context.Background(), w.x))
			w.contended.Unlock()
			w.x.Fini()
		}},
		{"no_unlock", byLock, func(w w) { w.freed(); _ = w.contended.Lock(w.x) }},
		{"no_unlock_slow", byLock, func(w w) { w.freed(); w.contended.LockSlow(w.x) }},
		{"acquire_more", byLock, func(w w) { _ = w.other.Lock(w.x) }},
		{"acquire_more_slow", byLock, func(w w) { w.other.LockSlow(w.x) }},
		{"acquire_more_edeadlk", byLock, func(w w) { _ = w.contended.Lock(w.x) }},
		{"acquire_more_edeadlk_slow", byLock, func(w w) { w.contended.LockSlow(w.x) }},
		{"acquire_wrong_slow", byLock, func(w w) { w.held.Unlock(); w.other.LockSlow(w.x) }},
	} {
		s.run(c.name, c.want, func(*env) {
			class := &lock.WWClass{WaitDie: true}
			mutex := func() *lock.WWMutex {
				m := lock.NewWWMutex(class)
				m.Init("ww")
				return m
			}
			held, contended, other := mutex(), mutex(), mutex()
			older := class.Begin()
			has, free, done := make(chan bool), make(chan bool), make(chan bool)
			go func() {
				defer close(done)
				must(contended.Lock(older))
				close(has)
				<-free
				contended.Unlock()
				older.Fini()
			}()
			<-has
			freed := false
			release := func() {
				if !freed {
					freed = true
					close(free)
					<-done
				}
			}
			defer release()
			x := class.Begin()
			must(held.Lock(x))
			if err := contended.Lock(x); !errors.Is(err, lock.ErrDeadlock) {
				panic(fmt.Sprint("not told to give up: ", err))
			}
			c.do(w{held, contended, other, x, release})
		})
	}
}
