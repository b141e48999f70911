package lock

import (
	"context"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// WaitQueue is where tasks and goroutines wait until a condition holds. Whoever
// makes it hold changes what the condition is about first and then wakes.
// Exclusive waiters are for conditions that one of them uses up: of those a wake
// takes the first only. The zero value has no waiters. It must not be copied
// after first use. Linux: wait_queue_head_t.
type WaitQueue struct {
	wl    waitLock
	wait  waitList     // exclusive waiters after all others
	count atomic.Int32 // of waiters
	wakes atomic.Int64 // exclusive ones still to be woken, with wakeAny for the others
}

// wakeAny is added to WaitQueue.wakes by each wake; the number of exclusive
// waiters is below. wakeMost is more than there can be.
const (
	wakeMost = 1 << 30
	wakeAny  = 1 << 40
	wakeMask = wakeAny - 1
)

// WaitEvent waits until cond returns true. cond is called by the caller, at
// once and after each wake. Context: may block. Linux: wait_event().
func (q *WaitQueue) WaitEvent(cond func() bool) {
	_ = q.event(forever, shared, cond, "lock.WaitQueue.WaitEvent")
}

// WaitEventContext is WaitEvent that gives up when ctx ends, with ctx's error,
// unless cond is true then. Context: may block. Linux: wait_event_killable().
func (q *WaitQueue) WaitEventContext(ctx context.Context, cond func() bool) error {
	return q.event(ctx, shared, cond, "lock.WaitQueue.WaitEventContext")
}

// WaitEventTimeout is WaitEvent that gives up after d, with
// context.DeadlineExceeded. Context: may block. Linux: wait_event_timeout().
func (q *WaitQueue) WaitEventTimeout(d time.Duration, cond func() bool) error {
	return within(d, func(ctx context.Context) error {
		return q.event(ctx, shared, cond, "lock.WaitQueue.WaitEventTimeout")
	})
}

// WaitEventExclusive is WaitEventContext as an exclusive waiter. If it gives up
// after it has been woken, the next one is woken. Context: may block. Linux:
// wait_event_exclusive().
func (q *WaitQueue) WaitEventExclusive(ctx context.Context, cond func() bool) error {
	return q.event(ctx, exclusive, cond, "lock.WaitQueue.WaitEventExclusive")
}

// Wake wakes all waiters that are not exclusive, and one that is. Context: any.
// Linux: wake_up().
func (q *WaitQueue) Wake() { q.WakeN(1) }

// WakeN wakes all waiters that are not exclusive, and n that are. Context: any.
// Linux: wake_up_nr().
func (q *WaitQueue) WakeN(n int) {
	// The caller's change of what the condition is about is ordered before this
	// load: it was atomic, or is followed by an unlock.
	if q.count.Load() != 0 {
		q.wakeAlways(n)
	}
}

// wakeAlways is WakeN after a change that need not have been ordered.
func (q *WaitQueue) wakeAlways(n int) {
	q.wakes.Add(wakeAny + int64(min(max(n, 0), wakeMost)))
	q.wl.post(q)
}

// WakeAll wakes all waiters. Context: any. Linux: wake_up_all().
func (q *WaitQueue) WakeAll() { q.WakeN(wakeMost) }

// Active reports whether somebody waits. Context: any. Linux: wq_has_sleeper().
func (q *WaitQueue) Active() bool { return q.count.Load() != 0 }

func (q *WaitQueue) event(ctx context.Context, k kind, cond func() bool, who string) error {
	if lockdep.On() {
		lockdep.MightSleep(who)
	}
	preempt.MightResched()
	if cond() {
		return nil
	}
	w, on := newWaiter(k), false
	defer func() {
		if on { // cond has panicked
			_ = q.giveUp(w, func() bool { return false }, nil)
		}
		w.free()
	}()
	for {
		q.add(w)
		on = true
		// Whoever makes cond true from here on finds w in the queue.
		met := cond()
		on = false
		if met {
			q.cancel(w)
			return nil
		}
		if err := w.sleep(ctx); err != nil {
			return q.giveUp(w, cond, err)
		}
		if cond() {
			return nil
		}
	}
}

// add puts w on the list.
func (q *WaitQueue) add(w *waiter) {
	q.wl.enter()
	w.woken = false
	q.count.Inc()
	if w.kind == exclusive {
		q.wait.pushBack(w)
	} else {
		q.wait.pushFront(w)
	}
	q.wl.leave(q)
}

// cancel takes w off the list, and reports whether it has been woken already.
func (q *WaitQueue) cancel(w *waiter) (woken bool) {
	q.wl.enter()
	if woken = w.woken; !woken {
		q.count.Dec()
		q.wait.remove(w)
	}
	q.wl.leave(q)
	return woken
}

// giveUp ends the wait of w, whose context has ended.
func (q *WaitQueue) giveUp(w *waiter, cond func() bool, err error) error {
	woken := q.cancel(w)
	if cond() {
		return nil
	}
	if woken && w.kind == exclusive {
		q.Wake() // the wake was another's
	}
	return err
}

// serve wakes who is to be woken. The waitLock is held.
func (q *WaitQueue) serve() {
	wakes := q.wakes.Swap(0)
	if wakes == 0 {
		return
	}
	for w, n := q.wait.first, wakes&wakeMask; w != nil; {
		next := w.next
		if w.kind == exclusive {
			if n == 0 {
				break
			}
			n--
		}
		q.count.Dec()
		q.wait.remove(w)
		w.wake()
		w = next
	}
}
