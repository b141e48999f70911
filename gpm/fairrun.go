//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "github.com/gokern/gokern/internal/cpu"

// What EEVDF does with the task that runs; see fair.go.

// starts notes that t, which is in no queue any more, runs on c from now on, and
// until when its slice lasts. c's lock is held.
//
//go:norace
func (c *vcpu) starts(t *Task) {
	c.cut = false
	// To store a pointer costs a look at the collector.
	if c.protected != nil {
		c.protected = nil
	}
	if t.rare != 0 {
		c.startsRare(t)
	}
	if t.level != 0 {
		c.curWeight, c.known = 0, false
		c.SliceUsed, c.SliceMin = t.used, c.k.sliceMin
		return
	}
	if c.curAttrs != t.attrs {
		c.curAttrs = t.attrs
	}
	t.outOn = 0
	c.curV, c.curWeight, c.curDeadline = t.v, t.weight, t.deadline
	rest := t.deadline - t.v
	if t.weight != niceZero {
		rest = rest * t.weight / niceZero
	}
	// Ticks do not start with the slice: end it at the nearest.
	rest = max(0, rest)
	c.SliceUsed, c.SliceMin = 0, uint64(rest)-min(c.k.sliceMin, uint64(rest)/2)
}

// leaves sees to what V is without the Normal task that has run, prev; nil: it is queued
// again. c's lock is held.
//
//go:norace
func (c *vcpu) leaves(prev *Task, reason uint32) {
	switch {
	case prev == nil:
		c.curWeight, c.known = 0, false
	case reason == cpu.ReasonPark:
		c.blocks(prev)
	default:
		c.gone(int64(c.Chain - min(c.Credited, c.Chain))) // prev may be another task by now
	}
}

// startsRare is starts' part for what few tasks have. That of the last task is gone.
//
//go:norace
func (c *vcpu) startsRare(t *Task) {
	c.curOf, c.curGroup = t.class, t.group.in
	c.curSlot, c.curTurn = t.user.slot, t.user.turn
	c.curGroupWeight = t.group.weight
}

// precedes reports whether t, just queued, is to take c from the task of the same
// rank that runs. Linux: check_preempt_wakeup_fair(), dl_entity_preempt().
//
//go:norace
func (c *vcpu) precedes(t *Task) bool {
	if t.level != rankFair {
		return t.level == rankDeadline && t.node.Key < c.curAt
	}
	a, cur := t.attrs, c.curAttrs
	switch {
	case c.curWeight == 0 || cur == a:
		return false
	case cur.Policy == Idle && a.Policy != Idle:
		c.cut = true
		return true
	case a.Policy != Normal || a.slice >= cur.slice:
		return false
	}
	// V as it is now, not as it was when c last picked.
	then := c.curV
	if ran := int64(cpu.Cycles() - c.SliceStart); ran > 0 {
		c.curV += scale(ran, c.curWeight)
	}
	c.known = false
	v := c.vtime()
	c.curV, c.known = then, false
	if t.v-v > 0 || t.deadline-c.curDeadline >= 0 {
		return false
	}
	c.cut = true
	return true
}

// weight returns the weights of all that wait for c or run there. Without the
// lock it is a hint.
//
//go:norace
func (c *vcpu) weight() int64 {
	w := c.curWeight
	switch l := &c.level[0]; l.n {
	case 0:
	case 1:
		if t := l.head; t != nil {
			w += t.weight
		}
	default:
		w += c.load
	}
	return w
}
