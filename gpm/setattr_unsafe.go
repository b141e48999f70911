//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// SetAttr changes how the task is run, at once, whether it runs, waits or is
// blocked. OnPanic stays what it was, and a priority that the task is lent stays
// lent. A FIFO or RR task that waits keeps its place if nothing changes that says when it
// runs; with a lower priority it is the first of that, with a higher one the last. Context:
// any goroutine. Errors: ErrAttr, ErrBandwidth, ErrShutdown if the task has ended, ErrTask if
// it is one of the kernel's own that belong to a CPU, which run callbacks: of interrupts,
// timers, softirqs. Linux: sched_setattr() and sched_setaffinity().
func (t *Task) SetAttr(attr Attr) error {
	if t.ofCPU() {
		return fmt.Errorf("%w: %v is the kernel's own", ErrTask, t)
	}
	old := t.Attr()
	attr.OnPanic = old.OnPanic
	if attr.Group == nil {
		attr.Group = old.Group
	}
	a, err := t.k.attrsOf(&attr)
	if err != nil {
		return err
	}
	if t.State() == Dead {
		return errEnd
	}
	if a.Inherit && cpu.Xchg32(&t.k.inherits, 1) == 0 {
		t.k.makeSpares(spareHigh)
	}
	args := newAttrArgs(t.k, t, a)
	onG0(setAttrOnG0, args)
	if err := args.err(); err != nil {
		return err
	}
	t.priorityChanged()
	return nil
}

// attrArgs is what code on g0 gets, and answers. It is not instrumented.
type attrArgs struct {
	k      *Kernel
	t      *Task
	attrs  *attrs
	refuse error
}

//go:norace
func newAttrArgs(k *Kernel, t *Task, a *attrs) *attrArgs { return &attrArgs{k: k, t: t, attrs: a} }

//go:norace
func (a *attrArgs) err() error { return a.refuse }

var errEnd = fmt.Errorf("%w: the task has ended", ErrShutdown)

// reserveOnG0 takes the bandwidth that a new task asks for.
//
//go:norace
func reserveOnG0(p unsafe.Pointer) {
	a := arg[attrArgs](p)
	a.k.lockList()
	if !a.k.reserve(nil, a.attrs, nil) {
		a.refuse = ErrBandwidth
	}
	a.k.unlockList()
}

//go:norace
func setAttrOnG0(p unsafe.Pointer) {
	a := arg[attrArgs](p)
	t := a.t
	t.k.lockList()
	switch {
	case cpu.Load32(&t.state) == gone:
		a.refuse = errEnd
	case !t.k.reserve(t, a.attrs, t.attrs):
		a.refuse = ErrBandwidth
	}
	if a.refuse != nil {
		t.k.unlockList()
		return
	}
	if a.attrs.Policy == Deadline && t.attrs.Policy != Deadline {
		t.dl.begins = 1
	}
	same := a.attrs.runsAs(t.attrs)
	t.rare |= a.attrs.rare() // for good: the task may still be in its old group
	t.attrs, t.allowed = a.attrs, a.attrs.allowed
	t.effective()
	t.k.unlockList()
	t.SetInherit(t.attrs.Inherit)
	t.SetSingle(t.attrs.single)
	if !same {
		t.settle()
	}
}

// settle has whoever holds t act on what it has now. Context: g0.
//
//go:norace
func (t *Task) settle() {
	// The task may be queued, picked or woken meanwhile, by the old values or
	// the new: look until it is where the new ones want it, or is blocked, so
	// that whoever wakes it sees them.
	cpu.Fence()
	for !t.replace() {
		cpu.Pause()
	}
}

// replace puts t where its attributes want it and reports whether that is done.
// Context: g0.
//
//go:norace
func (t *Task) replace() bool {
	k := t.k
	if n := t.Running(); n != 0 {
		c := k.cpus[n-1]
		c.acquire()
		if c.cur != t {
			c.release()
			return false
		}
		c.curPrio = t.prio
		c.Sliced = t.sliced
		c.curWeight, c.known = 0, false
		c.setWaiting()
		c.Need = 1 // let it compete anew
		self := &c.Block == cpu.This()
		c.release()
		if self {
			c.preemptHere()
		} else {
			c.interrupt()
		}
		return true
	}
	on := t.on
	if on == 0 {
		return t.Out() || cpu.Load32(&t.state) == gone
	}
	if on == onClass {
		return t.withdraw()
	}
	c := k.cpus[on-1]
	c.acquire()
	if t.on != on {
		c.release()
		return false
	}
	// Linux: __sched_setscheduler(), ENQUEUE_HEAD.
	t.lowered = t.prio > rankFair && t.level > t.prio && t.level <= rankDeadline
	c.leave(t)
	c.countRT(t, -1)
	c.setWaiting()
	c.release()
	t.leaveGroup()
	wake(&t.Task)
	return true
}
