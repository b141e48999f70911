package lock

import (
	"context"
	"sync"
	"time"
)

// waiter is who waits for a lock: an element of the lock's list, and a channel
// for one token, on which it blocks.
type waiter struct {
	next, prev *waiter
	token      chan struct{}

	// Protected by the waitLock. Granted and woken are written before the
	// token is sent.
	woken   bool // a token is in the channel, or has been taken from it
	granted bool // the lock, or what else it waited for, is its own now
	kind    kind
	ours    bool // of a bubble: not to be used again
}

// kind is what a waiter waits for, where a lock has more than one thing.
type kind uint8

const (
	exclusive kind = iota
	shared
)

// forever is the context of who waits as long as it takes.
var forever = context.Background()

var waiters = sync.Pool{New: func() any { return &waiter{token: make(chan struct{}, 1)} }}

func newWaiter(k kind) *waiter {
	if bubbled() {
		return &waiter{token: make(chan struct{}, 1), kind: k, ours: true}
	}
	w := waiters.Get().(*waiter)
	w.kind = k
	return w
}

// bubbled reports whether the caller may be in a bubble of testing/synctest, whose
// channels are for it alone, and in which only a wait for one of them lets time pass.
// The clock of a bubble begins with the year 2000. Where the host's is that wrong a
// waiter is not used again, and that is all.
func bubbled() bool { return time.Now().Unix() < bubblesEnd }

const bubblesEnd = 1577836800 // 2020

// free gives w back. It is on no list, and nobody will wake it any more.
func (w *waiter) free() {
	if w.woken {
		select { // a token that came too late
		case <-w.token:
		default:
		}
	}
	w.woken, w.granted = false, false
	if !w.ours {
		waiters.Put(w)
	}
}

// wake lets w go on. The waitLock is held.
func (w *waiter) wake() {
	w.woken = true
	select {
	case w.token <- struct{}{}:
	default: // it has one already
	}
}

// sleep blocks until w is woken or ctx ends, and returns ctx's error in the
// second case. No waitLock is held.
func (w *waiter) sleep(ctx context.Context) error {
	if ctx.Done() == nil {
		<-w.token
		return nil
	}
	select {
	case <-w.token:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitList is a list of waiters, the first to be served first.
type waitList struct {
	first, last *waiter
}

func (l *waitList) empty() bool { return l.first == nil }

// pushBack adds w as the last.
func (l *waitList) pushBack(w *waiter) {
	w.next, w.prev = nil, l.last
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
}

// pushFront adds w as the first.
func (l *waitList) pushFront(w *waiter) {
	w.next, w.prev = l.first, nil
	if l.first == nil {
		l.last = w
	} else {
		l.first.prev = w
	}
	l.first = w
}

// remove takes w out.
func (l *waitList) remove(w *waiter) {
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.next, w.prev = nil, nil
}

// grant takes w out, gives it what it waits for and wakes it.
func (l *waitList) grant(w *waiter) {
	l.remove(w)
	w.granted = true
	w.wake()
}
