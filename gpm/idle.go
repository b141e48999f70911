//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// How an idle CPU waits: after a task it polls for pollSpins rounds (some 10 µs), for
// work often comes in bursts; then it sleeps in a futex with its P, from where it
// wakes fastest, and looks around now and then for tasks stuck behind one that
// holds its CPU. When all CPUs are idle, after some of that, it blocks as any
// goroutine blocks, so that an idle kernel uses no CPU time, keeps no P and
// looks idle to Go's deadlock detector.
const (
	pollSpins = 300
	naps      = 5
	nap       = 10_000_000 // ns
	shortNap  = 1_000_000  // where no signal can end a nap that the collector waits for
)

// sleep waits until the CPU is kicked, or has reason to look around.
func (c *vcpu) sleep() {
	if cpu.Xchg32(&c.idle, idlePolling); c.worthALook() {
		cpu.Xchg32(&c.idle, idleAwake)
		return
	}
	for spins := 0; spins < pollSpins && c.naps == 0; spins++ {
		cpu.Pause()
		if cpu.Load32(&c.idle) != idlePolling || c.worthALook() {
			cpu.Xchg32(&c.idle, idleAwake)
			return
		}
	}
	if cpu.Xchg32(&c.Armed, 0) != 0 {
		goport.SetTimer(c.TimerID, false)
	}
	if !cpu.Cas32(&c.idle, idlePolling, idleSleeping) {
		return
	}
	c.k.counts.sleeps.Inc()
	if c.worthALook() {
		cpu.Xchg32(&c.idle, idleAwake)
		return
	}
	ns, timed := c.napTime()
	netNS, watch := c.watchNet()
	if watch {
		ns = min(ns, netNS)
	}
	if timed || watch || c.down != cpuOffline && (c.naps < naps || !c.k.othersIdle(c)) {
		c.naps++
		// Whatever ends the nap, a pick looks around next: for timers that are
		// due, and, as a signal may be Go's wish to have the P, by a prologue.
		goport.FutexWait(&c.idle, idleSleeping, ns)
		cpu.Xchg32(&c.idle, idleAwake)
		if watch {
			c.unwatchNet()
		}
		return
	}
	if c.irq.Next() != math.MaxInt64 {
		c.k.helper.Wake() // a timer that is far off: see watchTimers
	}
	onG0(disarmOnG0, c) // other threads run the timers of a P that nobody has
	goport.ParkIdle(&c.idle)
	cpu.Xchg32(&c.idle, idleAwake)
	c.k.dog.sleeper.Wake()
}

// worthALook reports whether there may be something to do: a task here, one to
// pull from elsewhere, or a wish of Go's.
//
//go:norace
func (c *vcpu) worthALook() bool {
	if c.nr > 0 || goport.GCWaiting() || c.quit != 0 || c.HRDue != 0 || c.LineDue != 0 || goport.NetQueued() {
		return true
	}
	// Who throttled a task here, or has that looked at again, kicked, maybe before c was to
	// be kicked: it has no alarm for that then.
	if alarm := c.irq.Alarm(); c.level[levelThrottled].n != 0 && (alarm == 0 || c.soonest < alarm) {
		return true
	}
	if c.down != cpuOnline {
		return false
	}
	for _, other := range c.others() {
		if other.nr > 0 && other.movable(c.ID, -1) != nil {
			return true
		}
	}
	return false
}

// othersIdle reports whether no other CPU has anything that c might have to
// take: each is idle, or stays with a task that is blocked and has no queue.
//
//go:norace
func (k *Kernel) othersIdle(c *vcpu) bool {
	for _, other := range k.cpus {
		if other != c && (other.nr > 0 || other.curPrio >= 0 && other.Stalled == 0) {
			return false
		}
	}
	return true
}

// kickIdle has an idle CPU look for work, because tasks wait on c that it could
// take. Context: g0, with a P.
//
//go:norace
func (k *Kernel) kickIdle(c *vcpu) {
	for _, other := range c.others() {
		if other.curPrio < 0 && other.idle != idleAwake && c.movable(other.ID, -1) != nil {
			other.kick()
			return
		}
	}
}

// even has the CPU look for work that has least of it, if it could take a Normal
// task from c's queue and both would be more alike. Context: g0, with a P.
//
//go:norace
func (k *Kernel) even(c *vcpu) {
	mine := c.weight()
	least, light := mine, (*vcpu)(nil)
	for _, other := range c.others() {
		if other.curPrio == 0 && other.down == cpuOnline {
			if w := other.weight(); w < least {
				least, light = w, other
			}
		}
	}
	if light == nil || c.top() != 0 || c.pullable(light.ID, mine-bearable(least)) == nil {
		return
	}
	light.acquire()
	busy := light.curPrio == 0
	if busy {
		light.Need = 1
	}
	light.release()
	if busy {
		light.interrupt()
	}
}

// bearable returns how much weight another CPU may have where this one has mine: of
// many tasks one more or less is not worth the caches. Linux: imbalance_pct.
//
//go:norace
func bearable(mine int64) int64 { return mine + mine/8 }

// kick makes an idle CPU look for work. Context: g0, with a P.
//
//go:norace
func (c *vcpu) kick() {
	switch cpu.Xchg32(&c.idle, idleAwake) {
	case idleSleeping:
		goport.FutexWake(&c.idle)
	case idleParked:
		goport.WakeIdle(&c.Block)
	}
}
