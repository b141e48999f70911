package lock

import (
	"time"

	"github.com/gokern/gokern/internal/cpu"
)

// spinWait is how one caller waits for a lock to look free: the adaptive part of
// every spinning lock. The zero spinWait is ready.
//
// Three stages, so that a wait costs at most a small multiple of what it had to:
//
//   - poll, since the section of a holder that runs ends soon. Each pause is about
//     as long as all before it: every look takes the lock's cache line from the
//     holder, who needs it to unlock;
//   - give the thread's turn to Linux (sched_yield), since the holder's thread may
//     be waiting for just this CPU of the machine;
//   - sleep, as long as has been waited already, a millisecond at most: the
//     holder's thread waits for another CPU, or the world is stopped.
type spinWait struct {
	n     int
	since time.Time // when the polling ended
	turn  bool      // nobody else may go first: pauses stay short, for all wait with us
}

const (
	polls      = 10 // some 10 µs
	longPoll   = 7  // at most 1<<longPoll pauses, of 20 ns, between two looks
	turnPolls  = 24 // the same for one whose turn it is: some 6 µs
	turnPoll   = 4
	yields     = 16               // some 10 µs if nobody else wants the CPU
	maxSleep   = time.Millisecond // for each
	claimAfter = time.Millisecond // then a waiter may claim the lock
)

// pause lets some time pass. Context: any, atomic too: it keeps the caller on its
// CPU, and Go may take the P meanwhile.
func (w *spinWait) pause() {
	n, polls, long := w.n, polls, longPoll
	if w.turn {
		polls, long = turnPolls, turnPoll
	}
	w.n++
	switch {
	case n < polls:
		for range 1 << min(n, long) {
			cpu.Pause()
		}
	case n < polls+yields:
		if n == polls {
			w.since = time.Now()
		}
		hostYield()
	default:
		hostSleep(min(time.Since(w.since), maxSleep))
	}
}

// starving reports whether the caller has waited for so long that it may ask for
// more than its chance.
func (w *spinWait) starving() bool { return !w.since.IsZero() && time.Since(w.since) > claimAfter }
