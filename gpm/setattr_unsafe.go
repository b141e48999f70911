//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// SetAttr changes how the task is run, at once, whether it runs, waits or is
// blocked. OnPanic stays what it was. Context: any goroutine. Errors: ErrAttr,
// ErrShutdown if the task has ended. Linux: sched_setattr() and
// sched_setaffinity().
func (t *Task) SetAttr(attr Attr) error {
	if err := attr.check(t.k.cpusLen); err != nil {
		return err
	}
	if t.State() == Dead {
		return fmt.Errorf("%w: the task has ended", ErrShutdown)
	}
	attr.OnPanic = t.Attr().OnPanic
	if attr.Inherit && cpu.Xchg32(&t.k.inherits, 1) == 0 {
		t.k.makeSpares(spareHigh)
	}
	next := &Task{k: t.k} // to derive from attr what t shall have
	next.derive(attr)
	onG0(setAttrOnG0, &attrArgs{t: t, next: next})
	return nil
}

type attrArgs struct {
	t, next *Task
}

//go:norace
func setAttrOnG0(p unsafe.Pointer) {
	a := arg[attrArgs](p)
	t := a.t
	t.attr, t.allowed, t.prio, t.sliced = a.next.attr, a.next.allowed, a.next.prio, a.next.sliced
	t.SetInherit(t.attr.Inherit)
	// The task may be queued, picked or woken meanwhile, by the old values or
	// the new: look until it is where the new ones want it.
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
		c.setWaiting()
		c.Need = 1 // let it compete anew
		self := &c.Block == cpu.This()
		c.release()
		if self {
			cpu.FoldNeed(&c.Block)
			goport.Poison(&c.Block)
		} else if cpu.Xchg32(&c.IPI, 1) == 0 {
			goport.Interrupt(c.tid)
		}
		return true
	}
	c := t.on
	if c == nil || !t.queued {
		return t.Running() == 0 // blocked: the next wake-up sees it
	}
	c.acquire()
	if t.on != c || !t.queued {
		c.release()
		return false
	}
	c.remove(t)
	c.countRT(t, -1)
	c.setWaiting()
	c.release()
	wake(&t.Task)
	return true
}
