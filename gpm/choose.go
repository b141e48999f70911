//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "github.com/gokern/gokern/internal/cpu"

// choose returns the CPU for a task that has become runnable: the one it ran
// on last if that is idle, else the idle one nearest to it, else the one that runs
// the lowest priority if t's is higher; else, where t must wait anyway, the caller's
// own or the lightest queue. One that must stay stays. here is the caller's CPU,
// nil if it has none. Linux: select_task_rq().
//
//go:norace
func (k *Kernel) choose(t *Task, here *cpu.Block) *vcpu {
	if k.cpusLen == 1 {
		return k.cpus[0]
	}
	if t.NoMigrate() {
		return k.cpus[t.last]
	}
	allowed := t.allowed // one look: SetAttr may change it
	var near *vcpu
	if here != nil && t.prio == 0 {
		// Both are Normal: the cache is warm here, and the waker will likely block
		// soon. With others waiting already, an idle CPU is better.
		if c := cpuOf(here); c.curPrio == 0 && c.admits(t, allowed) {
			if c.nr == 0 || c.nr%lookEvery != nearby && !k.idle.any(allowed) {
				return c
			}
			near = c
		}
	}
	from := k.cpus[0]
	switch {
	case t.last >= 0:
		from = k.cpus[t.last]
		if from.curPrio < 0 && from.Stalled == 0 && from.admits(t, allowed) {
			return from
		}
	case here != nil:
		from = cpuOf(here)
	}
	best := from.bestNear(t, allowed)
	if near != nil && best.curPrio >= 0 && near.weight() <= 2*best.weight() {
		return near
	}
	return best
}

// nearby is how many may wait on the waker's CPU until a task that it wakes might
// rather go elsewhere, though that costs it its cache and another CPU's lock; and
// again after every lookEvery: to look at what others have costs as much as a switch.
const (
	nearby    = 4
	lookEvery = 16
)

// bestNear returns the best CPU for t, of equal ones the nearest to c: of the idle
// ones one whose whole core is idle, unless that is farther than others. Linux:
// select_idle_sibling(), find_lowest_rq().
//
//go:norace
func (c *vcpu) bestNear(t *Task, allowed *mask) *vcpu {
	var best *vcpu
	level := farthest + 1 // of the idle one that best is
	for i, o := range c.near {
		if c.levels[i] > level {
			break
		}
		if !o.admits(t, allowed) {
			continue
		}
		if o.curPrio < 0 && o.Stalled == 0 {
			if o.coreIdle() {
				return o
			}
			if level > farthest {
				best, level = o, c.levels[i]
			}
		} else if level > farthest && (best == nil || o.better(best, t)) {
			best = o
		}
	}
	if best == nil { // CPUs go on and off meanwhile: the caller looks again
		return c.k.someOnline()
	}
	return best
}

// coreIdle reports whether nothing runs on the other threads of c's core.
//
//go:norace
func (c *vcpu) coreIdle() bool {
	for _, o := range c.core {
		if o.curPrio >= 0 {
			return false
		}
	}
	return true
}
