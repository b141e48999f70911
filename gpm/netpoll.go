//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"time"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// Tasks that wait for the network. The CPUs ask Go's poller themselves: in a
// pick, if netEvery has passed since the last time, so that what a request needs
// next is there when its task has parked; and at ticks, which run for this purpose
// wherever a task computes while somebody waits for the network. What Go's own
// threads find comes by goport's list and an interrupt. Where ordinary goroutines
// compute on all other Ps none of those threads looks: then an idle CPU does, from
// nap to nap.

// netEvery is how often the CPUs together ask the poller at most: a question
// without an answer is a system call, some 0.3 µs.
const netEvery = 50 * time.Microsecond

// How long an idle CPU that watches the poller sleeps: the longer the longer it has been
// idle, so that what is found late is late by a small part of that.
const (
	netNap     = int64(100 * time.Microsecond)
	maxNetNap  = int64(time.Millisecond)
	netNapsPer = 16 // of one length
	netThread  = 64 // naps until Go's threads are asked, and asked again
)

// watchNet has c, which is about to sleep, watch the poller, if nobody does and tasks may
// wait for it, and returns for how long it is to sleep. It calls unwatchNet then. Context:
// the idle goroutine.
func (c *vcpu) watchNet() (ns int64, watch bool) {
	if c.down != cpuOnline || !goport.NetWaiting() || goport.NetWatched() || c.k.liveTasks() == 0 || !cpu.Cas32(&c.k.netWatched, 0, 1) {
		return 0, false
	}
	if c.naps%netThread == netThread-1 {
		// If Ps are idle, Go's threads are only asleep, since nobody waited for the
		// network when they last looked: let one do this, and c park.
		onG0(wakeThreadOnG0, c)
	}
	return min(netNap<<min(c.naps/netNapsPer, 10), maxNetNap), true
}

func (c *vcpu) unwatchNet() { cpu.Store32(&c.k.netWatched, 0) }

// netAsks reports whether c is to ask the poller. Now is old after a yield: then
// another CPU may have asked since.
//
//go:norace
func (c *vcpu) netAsks() bool {
	return goport.NetWaiting() && int64(c.Now-goport.NetPolled()) > c.k.netEvery
}

// netDue reports whether there is something for pollNet.
//
//go:norace
func (c *vcpu) netDue() bool { return c.netAsks() || goport.NetQueued() }

// pollNet makes runnable who waits for I/O that is possible now. c's lock is
// released. Context: g0, in the pick.
//
//go:norace
func (c *vcpu) pollNet() {
	ask, queued := c.netAsks(), goport.NetQueued()
	if ask {
		c.k.counts.polls.Inc()
	}
	if queued {
		c.k.counts.fetches.Inc()
	}
	if c.held {
		c.held = false
		c.release()
	}
	goport.PollNet(c.Now, ask)
}

// polled has a CPU make the goroutines first to last runnable. If all CPUs are
// parked it returns them: the way to a P leads through Go then. Context: any
// thread, maybe without a P, so no pointer may be stored.
//
//go:norace
func polled(first, last uintptr) (rest uintptr) {
	best := taskOf(goport.MarkOf(first))
	for g := first; g != 0; g = goport.NextNet(g) {
		if t := taskOf(goport.MarkOf(g)); t.prio > best.prio {
			best = t
		}
	}
	prio, attrs := best.prio, best.attrs
	c := kern.choose(best, nil) // it will run there, if nothing changes meanwhile
	goport.QueueNet(first, last)
	for !c.fetch(prio, attrs) {
		if c = kern.fetcher(); c == nil {
			return goport.TakeNet() // maybe with others', who return nothing then
		}
	}
	return 0
}

// fetcher returns the CPU that is to see to the list: one that is idle, else the
// one with the lowest priority; nil if all are parked. Context: any.
//
//go:norace
func (k *Kernel) fetcher() *vcpu {
	var best *vcpu
	for _, c := range k.cpus {
		switch state := cpu.Load32(&c.idle); {
		case state == idleParked:
			continue
		case state != idleAwake:
			return c
		case best == nil || c.Stalled < best.Stalled || c.Stalled == best.Stalled && c.curPrio < best.curPrio:
			best = c
		}
	}
	return best
}

// fetch has c look at the list: at once if a task of prio and attrs might take the CPU
// from what runs there, else at its next pick or tick. It reports whether c will: not if
// it has just parked. Context: any.
//
//go:norace
func (c *vcpu) fetch(prio int32, attrs *attrs) bool {
	switch state := cpu.Load32(&c.idle); state {
	case idleParked:
		return false
	case idleAwake:
		// It runs a task, or looks at the list before it sleeps.
		if cur := c.curPrio; prio > cur || prio == cur && (prio == rankFair && attrs != c.curAttrs || prio == rankDeadline) {
			c.interrupt() // among equals of these wake decides
		} else {
			c.arm()
		}
		return true
	default:
		if !cpu.Cas32(&c.idle, state, idleAwake) {
			return false // look again
		}
		if state == idleSleeping {
			goport.FutexWake(&c.idle)
		}
		return true
	}
}
