package busted

import (
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/torture"
)

// forgetful is a lock that now and then forgets to wake a waiter.
type forgetful struct {
	mu        sync.Mutex
	held      bool
	freed     bool
	unlocks   int
	waiters   []chan struct{}
	forgotten []chan struct{}
}

func (l *forgetful) Lock() {
	l.mu.Lock()
	for l.held && !l.freed {
		c := make(chan struct{})
		l.waiters = append(l.waiters, c)
		l.mu.Unlock()
		<-c
		l.mu.Lock()
	}
	l.held = true
	l.mu.Unlock()
}

func (l *forgetful) Unlock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = false
	l.unlocks++
	if len(l.waiters) == 0 {
		return
	}
	c := l.waiters[0]
	l.waiters = l.waiters[1:]
	if l.unlocks%50 == 0 && !l.freed {
		l.forgotten = append(l.forgotten, c)
		return
	}
	close(c)
}

func (l *forgetful) free() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.freed = true
	for _, c := range append(l.waiters, l.forgotten...) {
		close(c)
	}
	l.waiters, l.forgotten = nil, nil
}

// unfair is a lock that never lets one of the workers in.
type unfair struct {
	mu    sync.Mutex
	freed atomic.Bool
}

func (l *unfair) ways() []torture.Way {
	w := torture.Exclusive("Lock", l.mu.Lock, l.mu.Unlock)
	w.Enter = func(h *torture.Hold) bool {
		for h.Worker == 0 && !l.freed.Load() {
			time.Sleep(time.Millisecond)
		}
		l.mu.Lock()
		return true
	}
	return []torture.Way{w}
}

func (l *unfair) free() { l.freed.Store(true) }
