//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// What code on g0 has to do with a user's class: see classagent.go for the story.

// onClass is in Task.on while a class has the task.
const onClass = 1 << 31

// classTask is a task's part. Protected by the class's lock, but for turn and slot,
// which are whoever's the task is.
type classTask struct {
	waits  bool   // it waits in the class; then it is on the class's list by next and prev
	told   bool   // the class knows that
	moves  bool   // SetAttr or Lend wants it elsewhere, once the class has been told
	listed bool   // on the list of those that the class is to be told of
	again  *Task  // the next there
	since  uint64 // when it began to wait

	slot   int32  // CPU that it stands for, plus 1; 0: none
	turn   uint32 // which of the slot's turns it has
	recall uint32 // 1: the turn has ended
}

// slot is a CPU as a class sees it. Protected by the class's lock.
type slot struct {
	task   *Task  // stands for the class there; nil: none does
	turn   uint32 // counts those that did
	ticked bool   // the class is to be asked whether its turn has ended
}

// inClass is wake's part: it reports whether t, which can run, is a class's now. t
// is the caller's. Context: g0, no queue's lock held.
//
//go:norace
func (t *Task) inClass() bool {
	t.vacate()
	t.leaveGroup()
	if t.clock != 0 {
		t.left()
	}
	cl := t.wantClass
	if t.prio != rankFair {
		cl = nil
	}
	if old := t.class; old != nil && old != cl {
		if known, waits := old.parts(t); known {
			return waits
		}
	}
	if cl == nil {
		t.class = nil
		return false
	}
	cl.acquire()
	if cl.ended {
		if t.user.told = false; !t.user.listed {
			t.class = nil
		}
		cl.release()
		return false
	}
	if cl.blocked {
		cl.release()
		t.class = cl
		return false
	}
	t.class = cl
	cl.enter(t, false)
	cl.release()
	cl.wakeAgent()
	return true
}

// enter has t, which is the caller's, wait in the class. The lock is held.
//
//go:norace
func (cl *class) enter(t *Task, moves bool) {
	u := &t.user
	u.waits, u.moves, u.since, u.recall = true, moves, cpu.Cycles(), 0
	t.next, t.prev = nil, cl.last
	if cl.last == nil {
		cl.first = t
	} else {
		cl.last.next = t
	}
	cl.last = t
	cl.waiting++
	cl.list(t)
	t.on = onClass
}

// parts is inClass's part for a t that is to be another's: known reports whether the
// class still takes it for one that waits, as of one that ran meanwhile because the
// agent was blocked. Then it waits here until the agent has seen to that, or, if the
// agent is blocked or worse, runs as what it is to be, and that comes later.
//
//go:norace
func (cl *class) parts(t *Task) (known, waits bool) {
	u := &t.user
	cl.acquire()
	if cl.ended {
		u.told = false
	}
	known = u.listed || u.told
	if waits = known && !cl.ended && !cl.blocked; waits {
		cl.enter(t, true)
	}
	cl.release()
	if waits {
		cl.wakeAgent()
	}
	return known, waits
}

// agentParks is called when the agent has left its CPU. If it does not sleep but is
// blocked, in an allocation that has to help the collector for example, what it waits
// for may be a task of the class that was preempted there: until it goes on, the
// class's tasks run as Normal ones. The class still takes them for waiting.
// Context: g0, no queue's lock held.
//
//go:norace
func (cl *class) agentParks() {
	// It may have been woken by now. If it has even run elsewhere, and does not sleep
	// any more, the class's tasks are Normal for a moment in which they need not be.
	asleep := cpu.Load32(&cl.sleeps) != 0
	cl.acquire()
	cl.blocked = !asleep
	if !asleep {
		cl.stops++
	}
	for t := cl.first; !asleep && t != nil; t = cl.first {
		cl.exit(t)
		cl.release()
		t.queueOn(cl.k.choose(t, cpu.This()), cpu.This(), putNew)
		cl.acquire()
	}
	cl.release()
}

// turnEnds is requeue's part, for a task that has or is to have a class: it reports
// whether it is the class's now.
//
//go:norace
func (t *Task) turnEnds(reason uint32, expired bool) bool {
	slot := t.user.slot
	if slot != 0 && t.class == t.wantClass && t.user.recall == 0 && reason != cpu.ReasonYield {
		if expired {
			cl := t.class
			cl.acquire()
			cl.slots[slot-1].ticked = true
			cl.release()
			cl.wakeAgent()
		}
		return false
	}
	return t.inClass()
}

// wakeAgent is in a function of its own for those who check code on g0.
//
//go:noinline
//go:norace
func (cl *class) wakeAgent() { cl.agent.WakeOnG0() }

// list has the class told of t. The lock is held.
//
//go:norace
func (cl *class) list(t *Task) {
	if u := &t.user; !u.listed {
		u.listed, u.again = true, nil
		if cl.newsLast == nil {
			cl.news = t
		} else {
			cl.newsLast.user.again = t
		}
		cl.newsLast = t
	}
}

// exit takes t, which waits, from the class. The lock is held.
//
//go:norace
func (cl *class) exit(t *Task) {
	if t.prev == nil {
		cl.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		cl.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.next, t.prev, t.on = nil, nil, 0
	t.user.waits = false
	cl.waiting--
}

// withdraw has t leave its class, for SetAttr or Lend, and reports whether it was
// still there. The agent sees to it, so that the class has been told when t may be
// another's. Context: g0.
//
//go:norace
func (t *Task) withdraw() bool {
	cl := t.class
	if cl == nil {
		return false
	}
	cl.acquire()
	there := t.on == onClass && t.class == cl && t.user.waits
	if there {
		t.user.moves = true
		cl.list(t)
	}
	cl.release()
	if there {
		cl.wakeAgent()
	}
	return there
}

// moveOnG0 takes a task from the class that is to leave it, and has it run by its
// new attributes.
//
//go:norace
func moveOnG0(p unsafe.Pointer) {
	a := arg[classArgs](p)
	cl, t := a.cl, a.t
	cl.acquire()
	moves := t.class == cl && t.user.waits && t.user.moves
	if moves {
		cl.exit(t)
	}
	cl.release()
	if moves {
		wake(&t.Task)
	}
}

// vacate says that t stands for no CPU any more. t is the caller's. Context: g0, no
// queue's lock held.
//
//go:norace
func (t *Task) vacate() {
	if slot := t.user.slot; slot != 0 {
		t.user.slot = 0
		t.class.vacate(slot, t.user.turn)
	}
}

// vacate says that the turn of whoever stood for slot is over; it may have been
// said before. Context: as above.
//
//go:norace
func (cl *class) vacate(slot int32, turn uint32) {
	cl.acquire()
	s := &cl.slots[slot-1]
	over := s.task != nil && s.turn == turn
	if over {
		s.task = nil
	}
	cl.release()
	if over {
		cl.wakeAgent()
	}
}

// classArgs are what the agent asks of code on g0, and the answers.
type classArgs struct {
	cl   *class
	t    *Task
	slot int32
	ok   bool
	news [16]struct {
		t *Task
		newsOf
	}
	n int
}

// newsOf is what there is to do about a task.
type newsOf struct {
	enqueue, dequeue bool // to be told
	moves            bool // then
}

// newsOnG0 returns what the class is to be told.
//
//go:norace
func newsOnG0(p unsafe.Pointer) {
	a := arg[classArgs](p)
	cl := a.cl
	a.n = 0
	cl.acquire()
	cl.blocked = false
	for t := cl.news; t != nil && a.n < len(a.news); t = cl.news {
		u := &t.user
		cl.news, u.again, u.listed = u.again, nil, false
		if cl.news == nil {
			cl.newsLast = nil
		}
		n := newsOf{enqueue: u.waits && !u.moves && !u.told, dequeue: u.moves && u.told, moves: u.moves}
		if n != (newsOf{}) {
			u.told = n.enqueue
			t.held = true // the class may keep it
			a.news[a.n].t, a.news[a.n].newsOf = t, n
			a.n++
		}
	}
	cl.release()
}

// slotOnG0 returns the task that stands for a slot, and whether it has ticked.
//
//go:norace
func slotOnG0(p unsafe.Pointer) {
	a := arg[classArgs](p)
	a.cl.acquire()
	s := &a.cl.slots[a.slot-1]
	a.t, a.ok = s.task, s.ticked
	s.ticked = false
	a.cl.release()
}

// dispatchOnG0 has a task that the class has picked stand for a slot, if it still
// waits. It is an error if it never did. If it may not run on the slot's CPU it runs on
// another, and has the slot nevertheless.
//
//go:norace
func dispatchOnG0(p unsafe.Pointer) {
	a := arg[classArgs](p)
	cl, t := a.cl, a.t
	a.ok = false
	cl.acquire()
	u := &t.user
	if t.class != cl || !u.told {
		cl.release()
		a.t = nil
		return
	}
	u.told = false
	if u.moves || !u.waits {
		cl.release()
		return
	}
	cl.exit(t)
	s := &cl.slots[a.slot-1]
	s.turn++
	s.task, s.ticked = t, false
	u.slot, u.turn = a.slot, s.turn
	cl.release()
	a.ok = true
	c := cl.k.cpus[a.slot-1]
	if t.NoMigrate() {
		c = cl.k.cpus[t.last]
	}
	t.queueOn(c, cpu.This(), putNew)
}

// tickOnG0 has the CPU that runs the task of a slot tick if others of the class wait. It
// may be another than the slot's: see dispatchOnG0. One that is about to run it looks
// itself.
//
//go:norace
func tickOnG0(p unsafe.Pointer) {
	a := arg[classArgs](p)
	a.cl.acquire()
	t := a.cl.slots[a.slot-1].task
	a.cl.release()
	if t == nil {
		return
	}
	n := t.Running()
	if n == 0 {
		return
	}
	c := a.cl.k.cpus[n-1]
	c.acquire()
	c.setWaiting()
	arm := c.curPrio >= 0 && c.Waiting > 0
	c.release()
	if arm {
		c.arm()
	}
}

// recallOnG0 ends the turn of a task that stands for a slot.
//
//go:norace
func recallOnG0(p unsafe.Pointer) {
	a := arg[classArgs](p)
	cl, t := a.cl, a.t
	cl.acquire()
	mine := cl.slots[a.slot-1].task == t
	if mine {
		t.user.recall = 1
	}
	cl.release()
	if mine {
		t.settle() // it is put on a queue anew, and so comes to inClass
	}
}

// ejectOnG0 makes the tasks that wait in the class Normal.
//
//go:norace
func ejectOnG0(p unsafe.Pointer) {
	cl := arg[class](p)
	for {
		cl.acquire()
		cl.ended = true
		for n := cl.news; n != nil; n = cl.news { // nobody may fetch them any more
			cl.news, n.user.again, n.user.listed = n.user.again, nil, false
		}
		cl.newsLast = nil
		t := cl.first
		if t != nil {
			cl.exit(t)
		}
		cl.release()
		if t == nil {
			break
		}
		wake(&t.Task)
	}
	cl.wakeAgent()
}

// oldestOnG0 returns since when a task waits in the class, 0: none does.
//
//go:norace
func oldestOnG0(p unsafe.Pointer) {
	cl := arg[class](p)
	cl.acquire()
	cl.oldest = 0
	if t := cl.first; t != nil {
		cl.oldest = t.user.since
	}
	cl.release()
}

// inAttrs reports whether an Attr of some task, or the one that is kept for others alike,
// names cl. The latter is forgotten.
func (cl *class) inAttrs() bool {
	cl.forget()
	onG0(namedOnG0, &cl.args)
	return cl.args.named()
}

//go:norace
func (cl *class) forget() {
	if a := cl.k.recent; a != nil && a.class == cl {
		cl.k.recent = nil
	}
}

//go:norace
func (a *classArgs) named() bool { return a.ok }

// namedOnG0 reports whether an Attr names the class. Its agent has ended: args are free.
//
//go:norace
func namedOnG0(p unsafe.Pointer) {
	a := arg[classArgs](p)
	k := a.cl.k
	a.ok = false
	k.lockList()
	for t := k.tasks; t != nil && !a.ok; t = t.nextT {
		a.ok = t.attrs.class == a.cl
	}
	k.unlockList()
}

//go:norace
func (cl *class) acquire() {
	for !cpu.Cas32(&cl.lock, 0, 1) {
		cpu.Pause()
	}
}

//go:norace
func (cl *class) release() { cpu.Release32(&cl.lock, 0) }
