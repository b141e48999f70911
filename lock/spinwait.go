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
//   - poll, since the section of a holder that runs ends soon. Pauses grow: every
//     look takes the lock's cache line from the holder, who needs it to unlock, and
//     a lock that goes to and fro costs more than its short sections;
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
	polls      = 8  // some 12 µs
	firstPoll  = 3  // 1<<firstPoll pauses, of 20 ns, before the second look,
	longPoll   = 7  // twice as many before the next, 1<<longPoll at most
	turnPolls  = 24 // the same for one whose turn it is: some 6 µs
	turnFirst  = 0
	turnPoll   = 4
	yields     = 16               // some 10 µs if nobody else wants the CPU
	maxSleep   = time.Millisecond // for each
	claimAfter = time.Millisecond // then a waiter may claim the lock
)

// pause lets some time pass. Context: any, atomic too: it keeps the caller on its
// CPU, and Go may take the P meanwhile.
func (w *spinWait) pause() {
	n, polls, first, long := w.n, polls, firstPoll, longPoll
	if w.turn {
		polls, first, long = turnPolls, turnFirst, turnPoll
	}
	w.n++
	switch {
	case n < polls:
		for range 1 << min(first+n, long) {
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
