//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"time"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// notes is what the kernel writes of a task's switches, on g0 of the CPU that the task
// leaves or comes to. Others read it: each word alone is right.
type notes struct {
	task *Task // whose it is, nil: not registered; the task's own, and its end's
	next *PreemptNotifier

	ins       int64 // times switched in
	seen      int64 // of them, delivered; the task's own
	away      int64 // time-stamp counts off the CPU, up to the last switch in
	since     int64 // when it was switched out, 0: it runs
	preempted uint32
	wakeUp
}

// Register has the kernel note the switches of the calling task in n, until Unregister
// or the task's end. Context: a task. Errors: ErrTask outside a task, or if n is
// registered. Linux: preempt_notifier_register().
func (n *PreemptNotifier) Register() error {
	t := current()
	if t == nil {
		return fmt.Errorf("%w: Register of a PreemptNotifier outside a task", ErrTask)
	}
	if n.task != nil {
		return fmt.Errorf("%w: the PreemptNotifier is registered", ErrTask)
	}
	n.task = t
	n.seen = n.Switches()
	onG0(notifyOnG0, n)
	return nil
}

// Unregister undoes Register; n tells what it last told. Context: the task that has
// registered it; else it is a BUG. Linux: preempt_notifier_unregister().
func (n *PreemptNotifier) Unregister() {
	if n.task == nil || n.task != current() {
		preempt.Raise("Unregister of a PreemptNotifier that the caller has not registered")
		return
	}
	onG0(unnotifyOnG0, n)
	n.task = nil
}

// Deliver calls SchedOut and SchedIn if the task has been off its CPU since the last
// Deliver or Register, once however often that was, and reports whether it has. With
// preemption disabled before, what they did holds until it is enabled. A visit to the
// scheduler from which the task went on at once counts too. Context: the task that has
// registered n, atomic or not.
func (n *PreemptNotifier) Deliver() bool {
	ins := n.Switches()
	if ins == n.seen {
		return false
	}
	n.seen = ins
	if n.SchedOut != nil {
		n.SchedOut(cpu.Load32(&n.preempted) != 0)
	}
	if n.SchedIn != nil {
		n.SchedIn(cpu.Number())
	}
	return true
}

// Switches returns how often the task has been switched in since n was first
// registered. If it is what it was, the task has not left its CPU. Context: any.
func (n *PreemptNotifier) Switches() int64 { return peek(&n.ins) }

// Running reports whether the task is on a CPU. Context: any.
func (n *PreemptNotifier) Running() bool { return peek(&n.since) == 0 }

// Preempted reports whether the task is off its CPU though it could go on, so that it is
// in vain to spin for what it will do. Context: any. Linux: vcpu_is_preempted().
func (n *PreemptNotifier) Preempted() bool { return !n.Running() && cpu.Load32(&n.preempted) != 0 }

// Away returns how long the task has been off its CPU while n was registered, up to when it
// last came back. Context: any.
func (n *PreemptNotifier) Away() time.Duration {
	k := kern
	if k == nil {
		return 0
	}
	return k.duration(peek(&n.away))
}

// peek reads a word that code on g0 writes.
//
//go:noinline
//go:norace
func peek(p *int64) int64 { return *p }

// notifyOut notes that t leaves CPU b: it blocks, or (preempted) could go on. Nobody
// else can run t yet. Context: g0.
//
//go:norace
func (t *Task) notifyOut(preempted bool) {
	now := int64(cpu.Cycles())
	for n := t.notifiers; n != nil; n = n.next {
		n.preempted = 0
		if preempted {
			n.preempted = 1
		}
		n.since = now
	}
}

// notifyIn notes that t runs from now on, on b. Context: g0 of b.
//
//go:norace
func (t *Task) notifyIn(b *cpu.Block) {
	now := int64(cpu.Cycles())
	for n := t.notifiers; n != nil; n = n.next {
		if n.since != 0 {
			n.away += now - n.since
		}
		n.since = 0
		n.ins++
		if n.ran == 0 {
			n.picked, n.ran = b.Now, uint64(now)
		}
	}
}

// endNotifiers is dropNotifiers for whoever waits for t's end: before it is known.
//
//go:norace
func (t *Task) endNotifiers() {
	if t.notifiers != nil {
		onG0(dropNotifiersOnG0, t)
	}
}

// dropNotifiers ends t's notifiers with t: it is off its CPU, for good, and they may
// be registered again. Context: g0, with a P.
//
//go:norace
func (t *Task) dropNotifiers() {
	t.notifyOut(false)
	for n := t.notifiers; n != nil; {
		next := n.next
		n.next = nil
		n.task = nil // last: it may be registered again
		n = next
	}
	t.notifiers = nil
	t.SetNotified(false)
}
