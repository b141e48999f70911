package lock

import (
	"time"

	"github.com/gokern/gokern/internal/cpu"
)

// spinWait is how one caller waits for a lock to look free: the adaptive part of
// every spinning lock. The zero spinWait is ready.
//
// Three stages, each about as long as all before it, so that a wait costs at most
// a small multiple of what it had to:
//
//   - poll, with growing pauses: the section of a holder that runs ends soon;
//   - give the thread's turn to Linux (sched_yield), since the holder's thread may
//     be waiting for just this CPU of the machine;
//   - sleep, as long as has been waited already, a millisecond at most: the
//     holder's thread waits for another CPU, or the world is stopped.
type spinWait struct {
	n     int
	since time.Time // when the polling ended
}

const (
	polls      = 24               // some 5 µs
	longPoll   = 4                // 1<<longPoll pauses between two looks at most
	yields     = 40               // some 20 µs if nobody else wants the CPU
	maxSleep   = time.Millisecond // for each
	claimAfter = time.Millisecond // then a waiter may claim the lock
)

// pause lets some time pass. Context: any, atomic too: it keeps the caller on its
// CPU, and Go may take the P meanwhile.
func (w *spinWait) pause() {
	n := w.n
	w.n++
	switch {
	case n < polls:
		for range 1 << min(n, longPoll) {
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
func (w *spinWait) starving() bool { return w.n > polls && time.Since(w.since) > claimAfter }
