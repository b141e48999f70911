package lock

import (
	"context"
	"time"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// Completion is something that is waited for until it has been done. Who waits is
// served in the order they came, but who comes when it is done need not wait. The
// zero value is not done. It must not be copied after first use. Linux: struct completion.
type Completion struct{ t tokens }

// Complete lets one waiter go on: the first, or if nobody waits the next that
// comes. Context: any. Linux: complete().
func (c *Completion) Complete() { c.t.put(1) }

// CompleteAll lets all waiters go on, also those that come later, until Reinit.
// Context: any. Linux: complete_all().
func (c *Completion) CompleteAll() {
	c.t.or(tokensAll)
	c.t.wl.post(&c.t)
}

// Reinit makes the completion not done again. Nobody may wait for it, or
// complete it, meanwhile. Context: any. Linux: reinit_completion().
func (c *Completion) Reinit() {
	for old := c.t.word.Load(); !c.t.word.CompareAndSwap(old, old&tokensWaiters); old = c.t.word.Load() {
	}
}

// Wait waits until it is done, and uses up one Complete. Context: may block.
// Linux: wait_for_completion().
func (c *Completion) Wait() { _ = c.waitFor(forever, "lock.Completion.Wait") }

// WaitContext is Wait that gives up when ctx ends, with ctx's error. Context:
// may block. Linux: wait_for_completion_killable().
func (c *Completion) WaitContext(ctx context.Context) error {
	return c.waitFor(ctx, "lock.Completion.WaitContext")
}

// WaitTimeout is Wait that gives up after d, with context.DeadlineExceeded.
// Context: may block. Linux: wait_for_completion_timeout().
func (c *Completion) WaitTimeout(d time.Duration) error {
	return within(d, func(ctx context.Context) error { return c.waitFor(ctx, "lock.Completion.WaitTimeout") })
}

func (c *Completion) waitFor(ctx context.Context, who string) error {
	if lockdep.On() {
		lockdep.MightSleep(who)
	}
	preempt.MightResched()
	return c.t.take(ctx, false)
}

// TryWait is Wait if that need not wait, and reports whether it did. Context: any.
// Linux: try_wait_for_completion().
func (c *Completion) TryWait() bool { return c.t.try(false) }

// IsDone reports whether Wait would not wait. Context: any. Linux: completion_done().
func (c *Completion) IsDone() bool {
	word := c.t.word.Load()
	return word&tokensAll != 0 || word >= tokensOne
}
