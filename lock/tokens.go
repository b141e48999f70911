package lock

import (
	"context"

	"go.uber.org/atomic"
)

// tokens is what Semaphore and Completion have in common: a number, from which
// each waiter takes one, in the order they came.
type tokens struct {
	word atomic.Uint64
	wl   waitLock
	wait waitList
}

// Parts of tokens.word; the number is above them.
const (
	tokensWaiters = 1 << iota // the list is not empty
	tokensAll                 // there is always one
	tokensOne
)

// try takes a token if there is one, and, where that counts, no waiter that has a
// better claim to it.
func (t *tokens) try(fair bool) bool {
	for {
		old := t.word.Load()
		switch {
		case old&tokensAll != 0:
			return true
		case old < tokensOne || fair && old&tokensWaiters != 0:
			return false
		case t.word.CompareAndSwap(old, old-tokensOne):
			return true
		}
	}
}

func (t *tokens) take(ctx context.Context, fair bool) error {
	if t.try(fair) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w := newWaiter(exclusive)
	defer w.free()
	t.wl.enter()
	t.wait.pushBack(w)
	t.or(tokensWaiters)
	t.wl.leave(t)
	err := w.sleep(ctx)
	if err == nil {
		return nil
	}
	t.wl.enter()
	if w.granted {
		err = nil
	} else {
		t.wait.remove(w)
	}
	t.wl.leave(t)
	return err
}

// put adds n tokens.
func (t *tokens) put(n uint64) {
	if t.word.Add(n*tokensOne)&tokensWaiters != 0 {
		t.wl.post(t)
	}
}

// serve gives waiters what there is. The waitLock is held.
func (t *tokens) serve() {
	for {
		old, w := t.word.Load(), t.wait.first
		switch {
		case w == nil:
			if old&tokensWaiters == 0 || t.word.CompareAndSwap(old, old&^tokensWaiters) {
				return
			}
		case old&tokensAll != 0:
			t.wait.grant(w)
		case old < tokensOne:
			return
		case t.word.CompareAndSwap(old, old-tokensOne):
			t.wait.grant(w)
		}
	}
}

func (t *tokens) or(bits uint64) {
	for old := t.word.Load(); !t.word.CompareAndSwap(old, old|bits); old = t.word.Load() {
	}
}

// count returns how many there are.
func (t *tokens) count() int { return int(t.word.Load() / tokensOne) }
