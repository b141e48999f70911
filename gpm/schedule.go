//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// The scheduler: what internal/goport asks for on g0. None of it allocates,
// blocks, or is instrumented by the race detector.
//
// Each CPU's queue, and curPrio, Need and Waiting of its block, change under
// the queue's lock. A task belongs to the queue it is on, or to the CPU that
// runs it, or (blocked) to whoever wakes it.

// kern is the running kernel. The hooks have nothing else to find it by.
var kern *Kernel

// pick takes the next task for b: the first of the highest priority here, or
// one that waits elsewhere and should not.
//
//go:norace
func pick(b *cpu.Block, reason uint32, yield bool) *goport.Task {
	c := cpuOf(b)
	prev := c.cur
	if prev != nil {
		c.cur = nil
		if reason == cpu.ReasonExit {
			c.k.exited(prev)
		} else if prev.rare != 0 {
			prev.tellLeft(reason)
		}
	}
	if c.timersDue(reason) {
		c.expire()
	}
	if c.netDue() {
		c.pollNet()
	}
	if c.gave || (c.kept != nil || c.due(reason)) && c.serve() {
		yield = true
	}
	if !yield && (reason == cpu.ReasonPark || reason == cpu.ReasonExit) {
		if next := c.direct(prev, reason); next != nil {
			return c.run(next)
		}
	}
	if c.held {
		c.held = false
	} else {
		c.acquire()
	}
	b.Need, b.NeedLazy = 0, 0
	expired := b.Expired != 0
	if c.kept == nil {
		b.Expired = 0
	}
	if c.level[levelThrottled].n != 0 {
		c.renewThrottled()
	}
	gone := c.curOf // requeue would have cleared it
	if gone != nil {
		c.curOf = nil
	}
	if g := c.curGroup; g != nil { // likewise
		c.curGroup = nil
		g.add(-c.curGroupWeight)
		g.consume(int64(b.Chain - min(b.Credited, b.Chain)))
	}
	ran := uint64(0)
	if c.curWeight != 0 {
		ran = b.Chain
		c.leaves(prev, reason)
	}
	var next *Task
	if !yield && c.kept != nil {
		next = c.takeKept(ran)
	}
	kept := next != nil
	if !yield && !kept {
		if next = c.serveFair(ran); next == nil {
			next = c.firstOf()
			if c.k.cpusLen > 1 {
				next = c.consider(next, reason)
			}
		}
	}
	if next == nil {
		c.setIdle()
		if c.level[rankFair].n == 0 { // or the world stops
			c.fair.idles()
		}
		b.Waiting = 0
		when := c.plan(nil)
		c.release()
		c.setAlarm(when)
		if gone != nil && c.curSlot != 0 {
			gone.vacate(c.curSlot, c.curTurn)
		}
		if c.busySince != 0 {
			c.busyCycles += int64(b.Now - c.busySince)
			c.busySince = 0
		}
		return nil
	}
	if next.on != 0 {
		c.remove(next)
		c.countRT(next, -1)
	}
	was := c.curPrio
	if was < 0 {
		c.k.idle.clear(c.ID)
	}
	c.curPrio = next.level
	b.Sliced = next.sliced
	switch {
	case c.server.serving:
		c.curPrio, c.curAt = rankDeadline, math.MaxInt64
	case next.level == rankDeadline:
		c.curAt = next.node.Key
	}
	slot, turn := c.curSlot, c.curTurn
	c.starts(next)
	keptWhen := int64(0)
	if kept {
		keptWhen = c.goesOnWith(next)
	}
	c.setWaiting()
	arm := b.Armed == 0 && (b.Waiting > 0 || goport.NetWaiting())
	waiting, top := c.nr, c.top()
	lowered := was > c.curPrio
	when := int64(0)
	if kept {
		when = keptWhen
	} else if c.level[levelThrottled].n != 0 || c.server.start != 0 || next.level == rankDeadline || next.group.in != nil {
		when = c.plan(next)
	}
	c.release()
	c.setAlarm(when)
	if arm {
		c.arm()
	}
	if gone != nil && slot != 0 {
		gone.vacate(slot, turn)
	}
	if top > 0 && c.k.cpusLen > 1 {
		c.push()
	}
	if lowered || cpu.Load32(&c.k.queuedRT) != 0 {
		c.pullAgain()
	}
	if waiting > 0 && reason == cpu.ReasonPreempt && c.k.cpusLen > 1 {
		c.k.kickIdle(c)
		if expired {
			c.k.even(c) // they have waited long enough to be moved
		}
	}
	return c.run(next)
}

// tellLeft tells whom it concerns that t has left its CPU.
//
//go:norace
func (t *Task) tellLeft(reason uint32) {
	switch {
	case !t.Blocked():
		// The collector has stopped it, and needs nobody for that.
	case reason == cpu.ReasonPark && t.agentOf != nil:
		t.agentOf.agentParks()
	case t.watch != nil && reason != cpu.ReasonNone:
		t.watch.Blocked()
	}
}

// run notes that c runs next from now on.
//
//go:norace
func (c *vcpu) run(next *Task) *goport.Task {
	b := &c.Block
	c.cur = next
	if c.busySince == 0 {
		c.busySince = b.Now
	}
	if next.last != b.ID {
		if next.last >= 0 {
			c.k.counts.migrations.Inc()
		}
		next.last = b.ID
	}
	c.naps = 0
	c.switches++
	next.switches++
	if next.Notified() {
		next.notifyIn(b)
	}
	return &next.Task
}

// consider looks at the other CPUs' queues: for any task if this CPU would be
// idle, for one of higher priority than own, or for one of equal priority where
// many more wait, or for Normal tasks more weight. A task it takes is on no queue.
// c's lock is held.
//
//go:norace
func (c *vcpu) consider(own *Task, reason uint32) *Task {
	floor, margin, mine := int32(-1), int32(0), int64(0)
	if c.down != cpuOnline {
		return own
	}
	if own != nil {
		others := cpu.Load32(&c.k.queuedRT)
		if own.level > rankFair {
			others-- // it is counted itself
		}
		if others == 0 && (reason != cpu.ReasonPreempt || own.level > rankFair) {
			return own
		}
		floor, margin = own.prio, c.nr
		if floor == 0 {
			mine = c.weight()
		}
	}
	var from *vcpu
	lowest, excess, first := floor, int64(math.MaxInt64), int64(0)
	for _, other := range c.others() {
		if other.nr == 0 {
			continue
		}
		switch top := other.top(); {
		case top == rankDeadline && floor == rankDeadline:
			if t := other.pullable(c.ID, math.MaxInt64); t != nil && (own == nil || own.prio < rankDeadline || t.node.Key < own.node.Key) && (from == nil || t.node.Key < first) {
				from, first = other, t.node.Key
			}
		case top > floor && (own == nil || top > 0):
			if t := other.movable(c.ID, floor); t != nil {
				from, floor, margin, first = other, t.level, other.nr, t.node.Key
			}
		case top == 0 && floor == 0 && own != nil:
			if more := other.weight() - bearable(mine); (from == nil || more > excess) && other.pullable(c.ID, more) != nil {
				from, excess = other, more
			}
		case top == floor && other.nr > margin+1:
			if other.pullable(c.ID, math.MaxInt64) != nil {
				from, margin = other, other.nr
			}
		}
	}
	if from == nil || !from.tryAcquire() {
		return own
	}
	t := from.movable(c.ID, lowest)
	if t == nil {
		t = from.pullable(c.ID, excess)
	}
	if t == nil || own != nil && t.prio < own.prio {
		from.release()
		return own
	}
	from.leave(t)
	from.countRT(t, -1)
	from.setWaiting()
	c.k.counts.pulls.Inc()
	from.release()
	if t.level == 0 {
		c.place(t)
	}
	return t
}

// pullable returns a task that CPU id may take from c: of the highest priority
// that waits, the first that may run there; a Normal one only if its weight is
// below limit.
//
//go:norace
func (c *vcpu) pullable(id int32, limit int64) *Task {
	if p := c.top(); p >= 0 {
		return c.pullableAt(p, id, limit)
	}
	return nil
}

// pullableAt is pullable for the tasks of rank p.
//
//go:norace
func (c *vcpu) pullableAt(p, id int32, limit int64) *Task {
	to := c.k.cpus[id]
	if p == rankDeadline {
		if n := c.deadlines.First; n != nil {
			if t := taskOfNode(n); to.admits(t, t.allowed) && !t.NoMigrate() {
				return t
			}
		}
		return c.otherDeadline(to)
	}
	n := 0
	for t := c.level[p].head; t != nil && n < 16; t = t.next {
		if to.admits(t, t.allowed) && !t.NoMigrate() && t.class == nil && (t.group.in == nil || !t.group.in.spent()) && (p != 0 || t.weight < limit) {
			return t
		}
		n++
	}
	return nil
}

// otherDeadline is pullableAt where the first deadline cannot go.
//
//go:norace
func (c *vcpu) otherDeadline(to *vcpu) (first *Task) {
	n := 0
	for t := c.level[rankDeadline].head; t != nil && n < 16; t = t.next {
		if to.admits(t, t.allowed) && !t.NoMigrate() && (first == nil || t.node.Key < first.node.Key) {
			first = t
		}
		n++
	}
	return first
}

// wake puts t, which has become runnable, on the queue of the best CPU and has
// that CPU look if it should.
//
//go:norace
func wake(t0 *goport.Task) {
	t := taskOf(t0)
	how := putNew
	if !t.Blocked() {
		how = putMoved
	}
	t.In()
	k, here := t.k, cpu.This()
	if t.clock != 0 {
		t.left()
	}
	var c *vcpu
	if t.Notified() {
		if how == putNew {
			t.noteWoken(here)
		}
		cpu.Fence() // as below
	} else if t.rare == 0 {
		c = k.choose(t, here)
		if c.curPrio|t.prio != rankFair {
			cpu.Fence() // between In and what SetAttr changes, as joins is
		} else if c.joins(t, here) {
			return
		}
	}
	if t.rare != 0 {
		cpu.Fence()      // likewise
		t.group.in = nil // the CPU that it has left sees to the group
		if (t.class != nil || t.wantClass != nil) && t.inClass() {
			return
		}
	}
	if c == nil {
		c = k.choose(t, here)
	}
	t.queueOn(c, here, how)
}

// queueOn puts t, which can run and is the caller's, on c's queue, or another's if
// it may not run there, and has that CPU look if it should.
//
//go:norace
func (t *Task) queueOn(c *vcpu, here *cpu.Block, how putting) {
	k := t.k
	for c.acquire(); k.cpusLen > 1 && !c.admits(t, t.allowed); c.acquire() {
		if t.NoMigrate() {
			t.Stayed() // percpu.MigrateEnable has it leave
			break
		}
		c.release() // SetAttr or Offline came between
		c = k.choose(t, here)
	}
	c.put(t, how)
	c.countRT(t, 1)
	if t.Notified() {
		t.noteQueued()
	}
	preempts := c.curPrio >= 0 && (t.level > c.curPrio || t.level == c.curPrio && c.precedes(t))
	lazy := preempts && c.lazily(t)
	switch {
	case lazy:
		c.NeedLazy = 1 // there is a tick, for t waits
	case preempts:
		c.Need = 1
		if t.level == rankIRQ {
			c.Visit = 1 // interrupts come in every model
		}
	}
	c.setWaiting()
	idle := c.curPrio < 0
	// Another CPU's handler may be stopping the timer: only an atomic operation
	// of ours tells whether it has seen Waiting.
	arm := !idle && c.Waiting > 0 && (c.Armed == 0 || &c.Block != here)
	c.release()
	switch {
	case idle:
		c.kick()
	case lazy:
	case preempts && &c.Block == here:
		c.preemptHere()
	case preempts:
		c.interrupt()
	case k.cpusLen > 1 && cpu.Load32(&k.queuedRT) != 0:
		c.push() // a CPU may have come to run a lower one meanwhile
	}
	if arm {
		c.arm()
	}
}

// undone is called when b's task, which was about to block, goes on after all:
// SetAttr may have left it to the next wake-up to act on new attributes.
//
//go:norace
func undone(b *cpu.Block) {
	c := cpuOf(b)
	t := c.cur
	if t.Notified() {
		t.notifyIn(b)
	}
	cpu.Fence()
	if c.curPrio == t.prio && b.Sliced == t.sliced && c.admits(t, t.allowed) {
		return
	}
	c.acquire()
	c.curPrio, b.Sliced = t.prio, t.sliced
	c.curWeight, c.known = 0, false
	c.setWaiting()
	b.Need = 1 // let it compete anew
	c.release()
	c.interrupt()
}

// stalled is called when b stays with a task that blocks: what waits behind it
// must be taken by others.
//
//go:norace
func stalled(b *cpu.Block) {
	if c := cpuOf(b); c.nr > 0 {
		c.k.kickIdle(c)
	}
}

// setIdle notes that c runs no task. Its lock is held.
//
//go:norace
func (c *vcpu) setIdle() {
	if c.curPrio >= 0 && c.down == cpuOnline {
		c.k.idle.set(c.ID)
	}
	c.curPrio = -1
}

// better reports whether c is a better place for t than d.
//
//go:norace
func (c *vcpu) better(d *vcpu, t *Task) bool {
	if c.Stalled != d.Stalled {
		return c.Stalled < d.Stalled
	}
	if cp, dp := c.curPrio, d.curPrio; cp != dp && (t.prio > cp || t.prio > dp) {
		return cp < dp
	}
	if t.prio == rankDeadline && c.curPrio == rankDeadline && d.curPrio == rankDeadline {
		return c.curAt > d.curAt
	}
	if t.prio == 0 && c.curPrio == 0 && d.curPrio == 0 {
		return c.weight() < d.weight()
	}
	return c.nr < d.nr
}

// countRT keeps the number of waiting FIFO and RR tasks in all queues: as long
// as it is 0 a pick need not look at other CPUs. c's lock is held.
//
//go:norace
func (c *vcpu) countRT(t *Task, n int32) {
	if t.level > 0 && t.level != levelThrottled && c.k.cpusLen > 1 {
		c.k.addRT(n)
	}
}

// child makes a task of goroutine g, which parent starts.
//
//go:norace
func child(b *cpu.Block, parent *goport.Task, g uintptr) {
	kern.adopt(taskOf(parent), g)
}
