package rcu

import (
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/readers"
	"github.com/gokern/gokern/preempt"
)

// Head is room for one call, to be put into the object that the call is about:
// then CallHead needs no memory. The zero Head is good. It must not be copied.
// Linux: struct rcu_head.
type Head struct {
	next   *Head
	fn     func()
	queued atomic.Bool
}

// Call has fn called after a grace period. It is called by an ordinary
// goroutine, never by a task, one call after the other in the order of Call; if it
// blocks the later ones wait, if it panics the program ends. When very many calls
// wait the grace periods become expedited. Context: any goroutine, in a read-side section
// too; while atomic use CallHead, for Call allocates. Linux: call_rcu().
func Call(fn func()) { calls.add("rcu.Call", new(Head), fn) }

// CallHead is Call with memory of the caller's. The Head is free again when fn is
// called; to use it before is a BUG. Context: any goroutine, atomic or not.
func CallHead(h *Head, fn func()) { calls.add("rcu.CallHead", h, fn) }

// Barrier waits until all functions of calls made before have returned. From such
// a function it would wait for itself. Context: may block. Linux: rcu_barrier().
func Barrier() {
	if mayWait("rcu.Barrier") {
		calls.barrier()
	}
}

var calls = queue{wait: func(expedited bool) {
	r := &readers.Request{Quiet: true}
	r.Snap()
	await(r, expedited)
}}

// flood is how many waiting calls are reason to hurry. Linux: qhimark.
const flood = 10_000

// queue is calls that wait for a grace period, and the goroutine that waits for
// them. It is there as long as there are any.
type queue struct {
	wait    func(expedited bool)
	newest  atomic.Pointer[Head]
	waiting atomic.Int64
	served  atomic.Bool // the goroutine is there
}

func (q *queue) add(what string, h *Head, fn func()) {
	if h.queued.Swap(true) {
		preempt.Raise(what + ": the Head waits already")
		return
	}
	h.fn = fn
	q.waiting.Inc()
	for {
		h.next = q.newest.Load()
		if q.newest.CompareAndSwap(h.next, h) {
			break
		}
	}
	if !q.served.Load() && q.served.CompareAndSwap(false, true) {
		readers.Go(q.serve)
	}
}

// serve waits and calls until nothing is left.
func (q *queue) serve() {
	for {
		h := q.newest.Swap(nil)
		if h == nil {
			q.served.Store(false)
			if q.newest.Load() == nil || !q.served.CompareAndSwap(false, true) {
				return
			}
			continue
		}
		q.wait(q.waiting.Load() > flood)
		for h = reversed(h); h != nil; {
			next, fn := h.next, h.fn
			h.next, h.fn = nil, nil
			h.queued.Store(false)
			fn()
			q.waiting.Dec()
			h = next
		}
	}
}

// reversed returns the list with the oldest first.
func reversed(h *Head) (first *Head) {
	for h != nil {
		h.next, first, h = first, h, h.next
	}
	return first
}

// barrier waits until all that was added before has been called.
func (q *queue) barrier() {
	done := make(chan struct{})
	q.add("Barrier", new(Head), func() { close(done) })
	<-done
}
