//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// High-resolution timers: each CPU has a heap of what is to happen when, and a
// POSIX timer that is set to the first of them, and of those that Go has on the
// CPU's P. Its interrupt has the CPU pick again, and the pick does what is due. Only
// the CPU itself touches its heap, on g0, so it has no lock.
//
// The heap is a pairing heap of nodes that are part of the tasks: code on g0
// cannot allocate.

// hrtimer is one timer: when it expires it wakes its task.
type hrtimer struct {
	when int64 // Nanotime
	task *Task

	child, next *hrtimer // of the heap: the first child, and the next sibling
}

// hrheap is the first timer of a CPU, with the others below it.
type hrheap struct{ first *hrtimer }

// insert adds n and reports whether it is the first now.
//
//go:norace
func (h *hrheap) insert(n *hrtimer) bool {
	n.child, n.next = nil, nil
	h.first = meld(h.first, n)
	return h.first == n
}

// pop takes the first away. There is one.
//
//go:norace
func (h *hrheap) pop() *hrtimer {
	n := h.first
	// In pairs from the left, then all from the right: the amortised bound
	// needs both. The pairs are linked backwards by next meanwhile.
	var pairs *hrtimer
	for c := n.child; c != nil; {
		a, b := c, c.next
		if b == nil {
			a.next = pairs
			pairs = a
			break
		}
		c = b.next
		a.next, b.next = nil, nil
		m := meld(a, b)
		m.next = pairs
		pairs = m
	}
	var root *hrtimer
	for p := pairs; p != nil; {
		next := p.next
		p.next = nil
		root = meld(root, p)
		p = next
	}
	h.first = root
	n.child = nil
	return n
}

// meld makes one heap of two: the later root becomes the first child of the
// earlier.
//
//go:norace
func meld(a, b *hrtimer) *hrtimer {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case b.when < a.when:
		a, b = b, a
	}
	b.next = a.child
	a.child = b
	return a
}

// begin adds timer n to c's. Context: g0 of c.
//
//go:norace
func (c *vcpu) begin(n *hrtimer) {
	c.timers.insert(n)
	c.expireAt(n.when)
}

// expireAt has the POSIX timer expire at when, if it is not to expire before. It may
// then expire for nothing, for all timers can be stopped and put off; to set it back
// each time would be a system call. Context: g0 of c.
//
//go:norace
func (c *vcpu) expireAt(when int64) {
	if c.hrAt == 0 || when < c.hrAt {
		c.hrAt = when
		goport.ArmAt(c.HRTimer, when)
	}
}

// timersDue reports whether the pick should look at c's timers. An idle CPU does
// in any case: its sleep may have ended a moment before the interrupt.
//
//go:norace
func (c *vcpu) timersDue(reason uint32) bool {
	return c.HRDue != 0 || reason == cpu.ReasonNone && c.timers.first != nil
}

// setAlarm has c look at its queue at when, by Nanotime; 0: never. It sets the
// POSIX timer to that, or to the first timer of c, or of Go on c's P: those of tasks
// that sleep, and deadlines, are then run when they are due, and not when some
// thread next looks. Context: g0 of c, the end of a pick, with a P.
//
//go:norace
func (c *vcpu) setAlarm(when int64) {
	c.alarm = when
	if first := c.timers.first; first != nil {
		when = sooner(when, first.when)
	}
	if first := goport.NextTimer(&c.Block); first != 0 {
		when = sooner(when, first)
	}
	if when != 0 {
		c.expireAt(when)
	} else {
		c.disarm()
	}
}

// disarm stops the POSIX timer. Context: the thread of c.
//
//go:norace
func (c *vcpu) disarm() {
	if c.hrAt != 0 {
		c.hrAt = 0
		goport.ArmAt(c.HRTimer, 0)
	}
}

// expire wakes the tasks whose time has come. c's lock, if held, is released.
// Context: g0, in the pick.
//
//go:norace
func (c *vcpu) expire() {
	if c.held {
		c.held = false
		c.release()
	}
	if c.HRDue != 0 { // also where the thread, and with it the POSIX timer, is new
		c.HRDue = 0
		c.hrAt = 0
		goport.CheckTimers(&c.Block)
	}
	now := goport.Nanotime()
	for c.timers.first != nil && c.timers.first.when <= now {
		c.timers.pop().task.Ready()
	}
	if c.alarm <= now {
		c.alarm = 0 // the pick that we are in sets it again
	}
}

// napTime returns for how long, in ns, c may sleep with its P, and whether a
// timer says so.
//
//go:norace
func (c *vcpu) napTime() (ns int64, timed bool) {
	when := c.alarm
	if first := c.timers.first; first != nil {
		when = sooner(when, first.when)
	}
	if when == 0 {
		return c.k.nap, false
	}
	return min(c.k.nap, max(0, when-goport.Nanotime())), true
}
