//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// The common cases of a pick and of a wake-up: Normal tasks, and nothing of what few
// tasks and CPUs have. What pick and queueOn do is done here in a third of the
// instructions, for what else they see to is known to be absent.

// plain reports whether all that wait for c are Normal tasks, one of them runs or has
// just run, nobody starves, and it belongs to no class or group whose books are to be
// kept at the next switch. c's lock is held.
//
//go:norace
func (c *vcpu) plain() bool {
	return c.curPrio == rankFair && c.bitmap[0]&^1|c.bitmap[1]|c.server.start == 0 && c.curOf == nil && c.curGroup == nil
}

// direct is pick for a CPU whose task has blocked or ended, if it is plain and has
// another; prev is that one. Where it is not, direct returns nil with c's lock held.
//
//go:norace
func (c *vcpu) direct(prev *Task, reason uint32) *Task {
	c.acquire()
	// A wish of push's that is cleared here must have been seen in queuedRT.
	if !c.plain() || c.bitmap[0] == 0 || c.level[levelThrottled].n != 0 || cpu.Load32(&c.k.queuedRT) != 0 {
		c.held = true
		return nil
	}
	if c.curWeight != 0 {
		c.leaves(prev, reason)
	}
	next := c.firstFair()
	if next.rare != 0 {
		c.held = true
		return nil
	}
	c.Need, c.NeedLazy, c.Expired = 0, 0, 0
	if c.nr == 1 {
		c.takeOnly(next)
	} else {
		c.remove(next)
	}
	c.Sliced = next.sliced
	c.starts(next)
	c.Waiting = c.nr * int32(c.Sliced)
	arm := c.Armed == 0 && (c.Waiting > 0 || goport.NetWaiting())
	c.release()
	c.setAlarm(0)
	if arm {
		c.arm()
	}
	return next
}

// joins is queueOn for a task that c's own are not to make way for, if c is plain.
// Elsewhere it does nothing and reports that.
//
//go:norace
func (c *vcpu) joins(t *Task, here *cpu.Block) bool {
	c.acquire()
	// t's attributes are read under the lock: before, SetAttr may not have seen In.
	if !c.plain() || t.prio != rankFair || t.rare != 0 || c.curAttrs != t.attrs && c.curWeight != 0 || c.down != cpuOnline || !t.allowed.has(c.ID) {
		c.release()
		return false
	}
	c.place(t)
	t.level, t.used = rankFair, 0
	if c.nr == 0 && t.group.in == nil { // SetAttr may have given it one since
		c.putOnly(t)
	} else {
		c.enqueue(t, false)
	}
	c.Waiting = c.nr * int32(c.Sliced)
	// As in queueOn.
	arm := c.Waiting > 0 && (c.Armed == 0 || &c.Block != here)
	c.release()
	if arm {
		c.arm()
	}
	return true
}

// passes is yields' part on the queue for a Normal task: t's place is the next one's. V is
// not looked at: the next pick comes within a slice. c's lock is held.
//
//go:norace
func (c *vcpu) passes(t *Task) *Task {
	if c.bitmap[0]^1|c.bitmap[1] != 0 || t.clock != c.number || !t.weighed() {
		return nil
	}
	l := &c.level[rankFair]
	next := l.head
	if l.n > 1 {
		next = c.fair.next()
	}
	if next.rare != 0 && next.group.in != nil {
		return nil // its quota is to be looked at
	}
	t.charge()
	c.known = false
	t.yielded(&c.fair)
	t.level = rankFair
	if l.n == 1 {
		l.head, l.tail = t, t
		next.on = 0
		t.on = c.number
	} else {
		c.remove(next)
		c.enqueue(t, false)
	}
	c.starts(next)
	return next
}

// putOnly is enqueue for the first that comes, a Normal task without a group.
//
//go:norace
func (q *runqueue) putOnly(t *Task) {
	l := &q.level[rankFair]
	l.head, l.tail, l.n = t, t, 1
	q.nr, q.bitmap[0] = 1, 1
	t.on = q.number
}

// takeOnly is remove for such a task where no other waits.
//
//go:norace
func (q *runqueue) takeOnly(t *Task) {
	l := &q.level[rankFair]
	l.head, l.tail, l.n = nil, nil, 0
	q.nr, q.bitmap[0] = 0, 0
	t.on = 0
}
