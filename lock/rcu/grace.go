package rcu

import (
	"runtime"
	"time"

	"github.com/gokern/gokern/internal/readers"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// How a waiter looks for the end of a grace period. CPUs that switch or idle need
// nothing of it; those that do neither are interrupted, at once if the wait is
// expedited.
const (
	firstPause   = 20 * time.Microsecond
	longestPause = 2 * time.Millisecond
	hurryEvery   = time.Millisecond
	spins        = 100 // looks of an expedited wait before the first pause, each some 100 ns
)

// Synchronize waits until all read-side sections that have begun before the
// call have ended. In a read-side section, where it would wait for itself, or while
// atomic, it is a BUG and does not wait. Context: may block; a task or an
// ordinary goroutine. Linux: synchronize_rcu().
func Synchronize() { synchronize("rcu.Synchronize", false) }

// SynchronizeExpedited is Synchronize in a hurry: it interrupts each CPU that runs a
// task, and polls. Linux: synchronize_rcu_expedited().
func SynchronizeExpedited() { synchronize("rcu.SynchronizeExpedited", true) }

func synchronize(what string, expedited bool) {
	if mayWait(what) {
		r := &readers.Request{Quiet: true}
		r.Snap()
		await(r, expedited)
	}
}

// mayWait reports whether the caller may wait for a grace period.
func mayWait(what string) bool {
	if lockdep.On() {
		lockdep.MightSleep(what)
	}
	switch {
	case ReadLockHeld():
		preempt.Raise(what + " in an RCU read-side section: it would wait for itself")
	case isAtomic():
		preempt.Raise(what + " while atomic")
	default:
		return true
	}
	return false
}

// over is called when a grace period is.
func over() {
	order.over()
	readers.RaceOver()
}

// await waits for r.
func await(r *readers.Request, expedited bool) {
	if !r.Done {
		wait(r, expedited)
	}
	over()
}

func wait(r *readers.Request, expedited bool) {
	if expedited {
		r.Hurry(false)
		for range spins {
			if r.Step(); r.Done {
				return
			}
		}
		runtime.Gosched()
	}
	start := time.Now()
	hurried := start
	w := stallWatch{seq: r.Seq, since: start}
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		time.Sleep(pause)
		if r.Step(); r.Done {
			return
		}
		now := time.Now()
		if now.Sub(hurried) >= hurryEvery {
			hurried = now
			r.Hurry(false)
		}
		w.look(r, now)
	}
}

// Cookie is a grace period to ask for. The zero Cookie's is over.
type Cookie uint64

// StartPoll has a grace period begin, if none can be shared, and returns which one
// Poll is to ask for. Nobody need ask. Context: any goroutine, atomic or not, also
// in a read-side section. Linux: start_poll_synchronize_rcu().
func StartPoll() Cookie {
	var r readers.Request
	r.Snap()
	return Cookie(r.Cookie)
}

// Poll reports whether the grace period is over. It moves grace periods on, so
// asking makes it come. Context: as StartPoll. Linux: poll_state_synchronize_rcu().
func Poll(c Cookie) bool {
	r := readers.Request{Cookie: uint64(c)}
	if r.Step(); r.Done {
		over()
		return true
	}
	polls.hurry(&r)
	return false
}

// SynchronizeCookie waits until the grace period is over, if it is not. Context: as
// Synchronize. Linux: cond_synchronize_rcu().
func SynchronizeCookie(c Cookie) {
	if mayWait("rcu.SynchronizeCookie") {
		r := &readers.Request{Cookie: uint64(c), Quiet: true}
		r.Step()
		await(r, false)
	}
}
