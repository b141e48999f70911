//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// requeue puts t, which leaves b but can run, on a queue again: to go on with the
// rest of its slice if a higher priority took the CPU from it, behind its equals
// if its slice has ended or it yields. It returns the task that is to run next
// where that is certain.
//
//go:norace
func requeue(b *cpu.Block, t0 *goport.Task, reason uint32) *goport.Task {
	c, t := cpuOf(b), taskOf(t0)
	if reason == cpu.ReasonYield && t.rare == 0 {
		if next := c.yields(t); next != nil {
			return c.run(next)
		}
	}
	c.cur = nil
	if c.curOf != nil {
		c.curOf = nil
	}
	if c.curGroup != nil {
		c.curGroup = nil
	}
	if t.rare != 0 && t.group.in != nil {
		t.consumes()
	}
	if !c.admits(t, t.allowed) {
		t.leaveGroup()
		wake(t0)
		return nil
	}
	kept := c.keep(t, reason)
	if t.rare != 0 && (t.class != nil || t.wantClass != nil) && !kept && t.turnEnds(reason, b.Expired != 0) {
		return nil
	}
	c.acquire()
	c.keptCut = c.cut
	how := putYield
	if reason != cpu.ReasonYield {
		how = putRest
		if t.sliced != 0 && t.prio > 0 {
			// A tick may find the higher priority running each time.
			t.used += b.Chain - min(b.Credited, b.Chain)
			if t.used >= 2*c.k.sliceMin {
				b.Expired = 1
			}
		}
		if b.Expired != 0 && !kept {
			how = putEnd
		}
	}
	c.put(t, how)
	c.countRT(t, 1)
	c.held = true // the pick comes next, on this very thread
	return nil
}

// yields is the common case of a yield: of several tasks of one priority, the
// highest, t goes behind the others and the next comes off the queue and is
// returned. Nothing else changes.
//
//go:norace
func (c *vcpu) yields(t *Task) (next *Task) {
	if c.switches%serveEvery == 0 || c.kept != nil || c.down != cpuOnline || !t.allowed.has(c.ID) || !goport.Direct(&c.Block) {
		return nil
	}
	c.acquire()
	p := t.prio // one look: SetAttr may change it
	if c.Need|c.NeedLazy == 0 && p == c.curPrio && cpu.Load32(&c.k.queuedRT) == 0 {
		if p == rankFair {
			next = c.passes(t)
		} else {
			next = c.rotate(t, p)
		}
	}
	c.release()
	return next
}

// rotate is yields' part on the queue for FIFO and RR tasks; p is t's rank. c's lock is
// held.
//
//go:norace
func (c *vcpu) rotate(t *Task, p int32) *Task {
	l := &c.level[p]
	next := l.head
	// Among Deadline tasks EDF decides, and the budget is to be charged.
	if p == rankDeadline || next == nil || c.top() != p || next.sliced != t.sliced {
		return nil
	}
	t.level, t.used = p, 0
	if l.head = next.next; l.head == nil {
		l.head = t
	} else {
		l.head.prev = nil
		t.prev = l.tail
		l.tail.next = t
	}
	l.tail = t
	next.next, next.on = nil, 0
	t.on = c.number
	c.starts(next)
	return next
}
