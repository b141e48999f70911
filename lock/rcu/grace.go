package rcu

import (
	"time"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/readers"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// How a waiter looks for the end of a grace period. CPUs that switch or idle need
// nothing of it; those that do neither are interrupted, at once if the wait is
// expedited, and answer within microseconds if they can: a sleep of Go's takes a
// millisecond at times, so for that long it polls.
const (
	firstPause   = 20 * time.Microsecond
	longestPause = 5 * time.Millisecond
	firstHurry   = time.Millisecond
	longestHurry = 50 * time.Millisecond
	answerTime   = 200 * time.Microsecond
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
		preempt.MightResched()
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
	now := time.Now()
	hurry, every := now.Add(firstHurry), firstHurry
	if expedited {
		hurry = now
	}
	w := stallWatch{seq: r.Seq, since: now}
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		if !now.Before(hurry) {
			r.Hurry(false)
			if answered(r) {
				return
			}
			hurry, every = now.Add(every), min(2*every, longestHurry)
		}
		time.Sleep(pause)
		if r.Step(); r.Done {
			return
		}
		now = time.Now()
		w.look(r, now)
	}
}

// answered polls for a moment and reports whether r is done. It leaves the machine's
// CPU again and again, for the one that is to answer may be waiting for that.
func answered(r *readers.Request) bool {
	for start := time.Now(); ; {
		for range 10 {
			if r.Step(); r.Done {
				return true
			}
			for range 10 {
				cpu.Pause()
			}
		}
		if time.Since(start) > answerTime {
			return false
		}
		hostSleep(time.Microsecond)
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
