package lock

import (
	"context"
	"time"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// Semaphore is a number that Down waits to be able to lower. Who waits is served
// in the order they came. The zero value is 0. It must not be copied after
// first use. Linux: struct semaphore.
type Semaphore struct{ t tokens }

// NewSemaphore returns a semaphore of n. Linux: sema_init().
func NewSemaphore(n int) *Semaphore {
	if n < 0 {
		preempt.Raise("lock.NewSemaphore: a negative number")
		n = 0
	}
	s := new(Semaphore)
	s.t.put(uint64(n))
	return s
}

// Down takes one, and waits until there is one. Context: may block. Linux: down().
func (s *Semaphore) Down() { _ = s.down(forever, "lock.Semaphore.Down") }

// DownContext is Down that gives up when ctx ends, with ctx's error. Context:
// may block. Linux: down_killable().
func (s *Semaphore) DownContext(ctx context.Context) error {
	return s.down(ctx, "lock.Semaphore.DownContext")
}

// DownTimeout is Down that gives up after d, with context.DeadlineExceeded.
// Context: may block. Linux: down_timeout().
func (s *Semaphore) DownTimeout(d time.Duration) error {
	return within(d, func(ctx context.Context) error { return s.down(ctx, "lock.Semaphore.DownTimeout") })
}

func (s *Semaphore) down(ctx context.Context, who string) error {
	if lockdep.On() {
		lockdep.MightSleep(who)
	}
	preempt.MightResched()
	return s.t.take(ctx, true)
}

// TryDown takes one if there is one and nobody waits, and reports whether it did.
// It never waits, so it may also fail while another is just giving one to those
// who wait. Context: any. Linux: down_trylock(), with the opposite answer.
func (s *Semaphore) TryDown() bool { return s.t.try(true) }

// Up adds one. Anyone may. Context: any. Linux: up().
func (s *Semaphore) Up() { s.t.put(1) }

// Count returns the number, 0 while somebody waits. Context: any.
func (s *Semaphore) Count() int { return s.t.count() }
