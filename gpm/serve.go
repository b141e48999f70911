//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// What a CPU owes Go. Its P has timers, of tasks that sleep, and a run queue, of
// ordinary goroutines that tasks have woken. Other threads run both, but only
// when they have nothing else to do: with ordinary goroutines that compute on
// all other Ps they would not be run at all. So the CPU looks after them itself:
// when idle, every so many switches, at the end of a slice if the last time was
// half a millisecond ago, and when Go asks for a preemption, as it does of
// whoever runs for 10 ms; and for the first timer it has an interrupt (hrtimer.go).
// It runs the timers that are due; and if nobody has
// taken goroutines from the queue for a while it gives the P away for a moment.

const (
	serveEvery = 64 // switches, a power of two
	giveAfter  = 10 // ms that nobody takes from the queue
)

// due reports whether c should look after its P now.
//
//go:norace
func (c *vcpu) due(reason uint32) bool {
	switch {
	case reason == cpu.ReasonNone, c.switches%serveEvery == 0:
		return true
	case reason == cpu.ReasonPreempt && c.Expired != 0:
		return c.Now-c.served >= c.k.ms/2 // slices may be shorter
	}
	return reason == cpu.ReasonPreempt && c.Need == 0
}

// serve runs the timers of c's P that are due, and reports whether the P should
// be given away. c's lock, if held, is released. Context: g0, in the pick.
//
//go:norace
func (c *vcpu) serve() (give bool) {
	if c.held {
		c.held = false
		c.release()
	}
	c.served = c.Now
	goport.CheckTimers(&c.Block)
	work, turn := goport.LocalWork(&c.Block)
	if !work || !c.stuck || turn != c.stuckTurn {
		c.stuck, c.stuckTurn, c.stuckSince = work, turn, c.Now
		return false
	}
	if c.Now-c.stuckSince < giveAfter*c.k.ms {
		return false
	}
	c.stuck = false
	c.gave = true
	return true
}
