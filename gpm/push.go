//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math"
	"math/bits"

	"github.com/gokern/gokern/internal/cpu"
)

// FIFO, RR and Deadline tasks are to run wherever something lower runs, at once. A
// CPU that picks looks at the others' queues (consider): it pulls. But a CPU that
// goes on with what it runs does not pick. So who leaves such a task waiting looks
// whether some CPU runs something lower, and has it pick: that is Linux's
// push_rt_task() by way of its RT_PUSH_IPI, in which too the other CPU pulls.
//
// Both look at words that the other side writes under another lock. Who queues
// does that first, passes a barrier, and then looks at what the others run; who
// begins to run something lower says so first, passes a barrier, and then looks at
// the queues once more (pullAgain). So one of the two sees the other.

// push has the CPU that runs the lowest rank look for work, if it could take a task
// that waits for c and has a higher one; of equal ones the nearest. Context: g0,
// with a P; c's lock is not held.
//
//go:norace
func (c *vcpu) push() {
	top := c.top()
	if top <= 0 {
		return
	}
	cpu.Fence()
	var to *vcpu
	lowest := top
	for _, o := range c.others() {
		p := o.curPrio
		if p == rankDeadline && top == rankDeadline && to == nil {
			if t := c.pullableAt(top, o.ID, 0); t != nil && t.node.Key < o.curAt {
				to = o
			}
			continue
		}
		if p < lowest && o.Stalled == 0 && c.movable(o.ID, max(p, 0)) != nil {
			to, lowest = o, p
		}
	}
	if to == nil {
		return
	}
	cpu.Add64(&c.pushes, 1)
	to.again()
}

// pullAgain has c pick again if a task waits elsewhere that it should run instead of
// what it has just picked. Context: g0 of c, after the pick.
//
//go:norace
func (c *vcpu) pullAgain() {
	if c.k.cpusLen == 1 {
		return
	}
	cpu.Fence()
	if cpu.Load32(&c.k.queuedRT) == 0 || c.down != cpuOnline {
		return
	}
	for _, o := range c.others() {
		if o.nr > 0 && o.top() > max(c.curPrio, 0) && o.movable(c.ID, max(c.curPrio, 0)) != nil {
			c.again()
			return
		}
	}
}

// again has c pick. Context: g0, with a P; c's lock is not held.
//
//go:norace
func (c *vcpu) again() {
	c.acquire()
	busy := c.curPrio >= 0
	if busy {
		c.Need = 1
	}
	c.release()
	if busy {
		c.interrupt()
	} else {
		c.kick()
	}
}

// movable returns the task of the highest rank above floor that CPU id may take from
// c; nil if there is none.
//
//go:norace
func (c *vcpu) movable(id, floor int32) *Task {
	for p := c.top(); p > floor; p = c.below(p) {
		if t := c.pullableAt(p, id, math.MaxInt64); t != nil {
			return t
		}
	}
	return nil
}

// below returns the highest rank below p that has a task, -1 if none has.
//
//go:norace
func (q *runqueue) below(p int32) int32 {
	if p > 64 {
		if w := q.bitmap[1] & (1<<(p-64) - 1); w != 0 {
			return int32(127 - bits.LeadingZeros64(w))
		}
		p = 64
	}
	if w := q.bitmap[0] & (1<<p - 1); w != 0 {
		return int32(63 - bits.LeadingZeros64(w))
	}
	return -1
}
