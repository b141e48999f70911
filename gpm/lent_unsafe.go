//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"unsafe"

	"go.uber.org/atomic"
)

// Priority inheritance, as far as the scheduler is concerned: a task has a
// priority of its own and may be lent a higher one. Who lends, and for how long,
// is package lock's business.

// lent is what a task has from package lock.
type lent struct {
	asked int64 // what Lend was called with; protected by package lock's own lock
	boost int64 // an urgency, 0: nothing; protected by the kernel's listLock
	state any   // package lock's own
}

// Priority returns the priority that the task runs with now: its own, or what
// package lock lends it if that is higher. It is MaxPriority + 1 for Deadline tasks,
// and 0 for Normal, Batch and Idle ones. Linux: task_struct.prio.
//
//go:norace
func (t *Task) Priority() int { return int(t.prio) }

// Urgency is Priority, and for Deadline tasks a number that is higher the earlier
// the deadline, and above all priorities: of two tasks the one with the higher
// urgency runs. Not for users. Linux: rt_waiter_node_less().
//
//go:norace
func (t *Task) Urgency() int64 {
	switch {
	case t.prio != rankDeadline:
		return int64(t.prio)
	case t.attrs.Policy == Deadline:
		return max(urgencyOf(t.dl.at), t.lent.boost)
	}
	return t.lent.boost
}

// Lend lends the task an urgency in addition to its own, instead of what it was
// lent before, and has it act at once, whether the task runs, waits for a CPU or
// is blocked; 0 takes it back. One that is lent a deadline needs no budget. Not for
// users: package lock calls it, with its own lock held. Context: any goroutine,
// atomic or not. Linux: rt_mutex_setprio().
func (t *Task) Lend(urgency int64) {
	// Nothing is allocated here: that might have to help the collector, which
	// blocks.
	t.lent.asked = urgency
	onG0(lendOnG0, t)
}

// Lender returns where package lock keeps what it knows of the task. Package
// lock's own lock protects it.
func (t *Task) Lender() *any { return &t.lent.state }

// SetPriorityHook has f called after SetAttr of a task, in the context of the
// caller. Not for users. Linux: rt_mutex_adjust_pi().
func SetPriorityHook(f func(*Task)) { priorityHook.Store(&f) }

var priorityHook atomic.Pointer[func(*Task)]

func (t *Task) priorityChanged() {
	if f := priorityHook.Load(); f != nil {
		(*f)(t)
	}
}

//go:norace
func lendOnG0(p unsafe.Pointer) {
	t := arg[Task](p)
	t.k.lockList()
	old, was := t.prio, t.lent.boost
	t.lent.boost = t.lent.asked
	t.effective()
	changed := t.prio != old || t.prio == rankDeadline && t.lent.boost != was
	t.k.unlockList()
	if changed {
		t.settle()
	}
}

// effective derives what the scheduler reads. A task that is lent a priority
// keeps the CPU as a FIFO one does. listLock is held.
//
//go:norace
func (t *Task) effective() {
	t.prio, t.sliced, t.wantClass = t.attrs.prio, t.attrs.sliced, t.attrs.class
	if rank := int32(min(t.lent.boost, rankDeadline)); rank > t.prio {
		t.prio, t.sliced = rank, 0
	}
}

// RunningAt returns the task that runs on some CPU at this moment and in whose
// stack address a is; nil if there is none. A lock that notes an address in its
// owner's stack, one store, so learns whether it is worth while to spin. The
// answer is a hint, and a stack may move. Context: any.
//
//go:norace
func RunningAt(a uintptr) *Task {
	k := kern
	if k == nil || a == 0 {
		return nil
	}
	for _, c := range k.cpus {
		if t := c.cur; t != nil && t.HoldsStack(a) && t.Running() != 0 {
			return t
		}
	}
	return nil
}
