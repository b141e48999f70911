//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// High-resolution timers: each CPU has a heap of what is to happen when
// (internal/irq), and a POSIX timer that is set to the first of them, to the first of
// those that Go has on the CPU's P, or to the time at which the CPU wants to look at
// its queue, its alarm. Its interrupt has the CPU pick again, and the pick does what is
// due: it wakes tasks that sleep, and the CPU's own tasks that run callbacks.

// timersDue reports whether the pick should look at c's timers. An idle CPU does
// in any case: its sleep may have ended a moment before the interrupt.
//
//go:norace
func (c *vcpu) timersDue(reason uint32) bool {
	return c.HRDue != 0 || c.LineDue != 0 || reason == cpu.ReasonNone && c.irq.Next() != math.MaxInt64
}

// setAlarm has c look at its queue at when, by Nanotime; 0: never. Go's timers, of
// tasks that sleep, and deadlines, are run when they are due too, and not when
// some thread next looks. Context: g0 of c, the end of a pick, with a P.
//
//go:norace
func (c *vcpu) setAlarm(when int64) {
	also := goport.NextTimer(&c.Block)
	if when|also == 0 && c.irq.Still() {
		return
	}
	c.irq.SetAlarm(when, also)
}

// expire does what is due. c's lock, if held, is released. Context: g0, in the
// pick.
//
//go:norace
func (c *vcpu) expire() {
	if c.held {
		c.held = false
		c.release()
	}
	fired := c.HRDue != 0 // also where the thread, and with it the POSIX timer, is new
	if fired {
		c.HRDue = 0
		goport.CheckTimers(&c.Block)
	}
	if c.LineDue != 0 {
		c.irq.LinesDue()
	}
	c.irq.Expire(fired)
}

// napTime returns for how long, in ns, c may sleep with its P, and whether a
// timer says so. One that is far off does not: c may park, and the helper has it
// look again in time.
//
//go:norace
func (c *vcpu) napTime() (ns int64, timed bool) {
	alarm, first := c.irq.Alarm(), c.irq.Next()
	if alarm == 0 && first == math.MaxInt64 {
		return c.k.nap, false
	}
	left := first - goport.Nanotime()
	timed = left < int64(shortTime)
	if alarm != 0 {
		left, timed = min(left, alarm-goport.Nanotime()), true
	}
	return min(c.k.nap, max(0, left)), timed
}
