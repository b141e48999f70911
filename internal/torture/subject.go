package torture

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/gokern/gokern/signals"
)

// Subject is one kind of lock, and what may be done to it.
type Subject struct {
	Name string
	// New makes one lock and returns the ways to take it. The first way of a
	// mode is one that waits until it has the lock.
	New func() []Way
	// Limit is how many may be inside in Write mode at once; 0 means one.
	// With more, there is no data for them to change.
	Limit int
	// Places: if not 0, sections exclude each other only in the same place, of
	// that many: the CPU, for a lock that is per CPU. Way.Enter sets Hold.Place.
	Places int
	// Atomic says that holders must not block or yield.
	Atomic bool
	// Allocates says that holders may allocate although the lock is Atomic.
	Allocates bool
	// Plain says that ordinary goroutines may take the lock too.
	Plain bool
	// NoNest says that a task may hold only one of these locks.
	NoNest bool
	// Overlap says that two readers, or Limit writers, must be seen inside
	// together: a lock that lets in one at a time would pass all else.
	Overlap bool
	// Spurious says that a try may fail although the lock is free.
	Spurious bool
	// Free, if not nil, lets everybody go who is stuck in locks that New has
	// made: for locks that are broken on purpose.
	Free func()
	// Racy keeps the race detector's word untouched: the lock is broken on
	// purpose, or orders nothing.
	Racy bool
}

// together returns how many must be seen inside together.
func (s *Subject) together() int {
	if !s.Overlap {
		return 0
	}
	return max(s.Limit, 2)
}

// Mode is what a way of taking a lock excludes.
type Mode uint8

const (
	None  Mode = iota
	Write      // excludes writers and readers
	Read       // excludes writers
	Peek       // excludes nobody; Retry says whether what was read is good
)

// String returns the mode's name.
func (m Mode) String() string { return [...]string{"none", "write", "read", "peek"}[m] }

// Way is one way to take a lock.
type Way struct {
	Name string
	Mode Mode
	// Enter takes the lock, or returns false if that failed, for which this way
	// must have a reason: it only tries, or its time is over.
	Enter func(h *Hold) bool
	// Leave releases it.
	Leave func(h *Hold)
	// Retry, in Peek mode instead of Leave, reports whether what was read since
	// Enter may be inconsistent.
	Retry func(h *Hold) bool
	// Try says that Enter fails only if the lock is held.
	Try bool
	// Outermost says that the way does not nest inside others, as one that
	// unmasks interrupts unconditionally at its end does not.
	Outermost bool
}

// Hold is what one worker keeps from Enter to Leave.
type Hold struct {
	R      *rand.Rand    // the worker's random numbers
	Flags  signals.Flags // of an IRQSave
	Count  uint64        // that a Peek began with
	Node   any           // what the lock wants for its queue; made by the first Enter
	Place  int           // see Subject.Places
	Cancel context.CancelFunc
	Worker int // who holds it, from 0
}

// Context returns a context that ends soon, and cancels what Hold had before.
// Context: may allocate.
func (h *Hold) Context() context.Context {
	h.Done()
	ctx, cancel := context.WithTimeout(context.Background(), h.Soon())
	h.Cancel = cancel
	if h.R.IntN(4) == 0 {
		cancel() // ended before it began
	}
	return ctx
}

// Soon returns a random short time, at times none.
func (h *Hold) Soon() time.Duration {
	return time.Duration(h.R.IntN(300)) * time.Microsecond / time.Duration(1+h.R.IntN(10))
}

// Done releases what Context made.
func (h *Hold) Done() {
	if h.Cancel != nil {
		h.Cancel()
		h.Cancel = nil
	}
}

// Exclusive returns a way to write that waits, by a pair of functions.
func Exclusive(name string, lock, unlock func()) Way {
	return Way{Name: name, Mode: Write, Enter: func(*Hold) bool { lock(); return true }, Leave: func(*Hold) { unlock() }}
}

// Shared returns a way to read that waits, by a pair of functions.
func Shared(name string, lock, unlock func()) Way {
	w := Exclusive(name, lock, unlock)
	w.Mode = Read
	return w
}

// Try returns a way in that mode that fails if the lock is held.
func Try(name string, mode Mode, lock func() bool, unlock func()) Way {
	return Way{Name: name, Mode: mode, Try: true, Enter: func(*Hold) bool { return lock() }, Leave: func(*Hold) { unlock() }}
}
