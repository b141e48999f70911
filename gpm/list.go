//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/readers"
)

// The list of all live tasks. The hooks keep tasks in places that the garbage
// collector does not look at with the care it needs (g.coroarg, stored without
// a write barrier): this list is what keeps them alive.

// enlist adds t, and reports whether it could: whoever found that Shutdown had not
// begun may come here after its end. Context: g0.
//
//go:norace
func (k *Kernel) enlist(t *Task) bool {
	k.lockList()
	ok := t.internal || !k.shut
	if ok {
		k.enlistLocked(t)
	} else {
		k.promised -= t.attrs.bandwidth
		t.id = 0
	}
	k.unlockList()
	return ok
}

// enlistLocked is enlist with the list's lock held.
//
//go:norace
func (k *Kernel) enlistLocked(t *Task) {
	k.lastID++
	t.id = k.lastID
	t.nextT = k.tasks
	if k.tasks != nil {
		k.tasks.prevT = t
	}
	k.tasks = t
	if !t.internal {
		k.live++
	}
}

// putSpare and takeSpare keep tasks that are nobody's. The list's lock is held.
//
//go:norace
func (k *Kernel) putSpare(t *Task) {
	t.reap = k.spares
	k.spares = t
	k.nspares++
}

//go:norace
func (k *Kernel) takeSpare() *Task {
	t := k.spares
	if t != nil {
		k.spares, t.reap = t.reap, nil
		k.nspares--
	}
	return t
}

// clear makes t, which has ended and which nobody knows, as good as new.
//
//go:norace
func (t *Task) clear() {
	t.switches = 0
	t.on = 0
	t.internal, t.perCPU = false, false
	t.clock, t.lag, t.seen = 0, 0, 0
	t.outOn, t.debtOn = 0, 0
	if t.class != nil {
		t.user, t.class = classTask{}, nil
	}
	if t.group.in != nil {
		t.group.in = nil // the CPU that it has left sees to the group
	}
	if t.attrs.group != nil {
		t.attrs = t.k.plain // the group may be nobody's now
	}
	if t.dl.at|t.dl.charged != 0 || t.dl.had != nil {
		t.dl = deadlineTask{}
	}
	t.Clear()
}

// exited takes t, which has ended or left for good, off the list. Context: g0,
// with a P.
//
//go:norace
func (k *Kernel) exited(t *Task) {
	waited := t.NoMigrate() // closeDead reports it
	if t.held {
		cpu.Store32(&t.state, gone)
		waited = cpu.Xchg32(&t.ended, 1) == 0 && cpu.Load32(&t.waited) != 0 || waited
	}
	left := readers.Abandon(&t.Task)
	if t.notifiers != nil {
		t.dropNotifiers()
	}
	k.lockList()
	if t.prevT == nil {
		k.tasks = t.nextT
	} else {
		t.prevT.nextT = t.nextT
	}
	if t.nextT != nil {
		t.nextT.prevT = t.prevT
	}
	t.nextT, t.prevT = nil, nil
	if !t.internal {
		k.live--
	}
	if t.attrs.bandwidth != 0 {
		k.lingers(t)
	}
	switch {
	case waited:
		t.reap = k.dead
		k.dead = t
	case !t.held && t.orphans == 0 && !t.user.listed && k.nspares < spareMost:
		t.clear()
		k.putSpare(t)
	}
	call := left || waited || k.live == 0 && k.stopping != 0
	k.unlockList()
	if call {
		k.helper.WakeOnG0()
	}
}

// adopt makes a task of goroutine g, started by parent, which inherits. Without
// a spare task at hand, and it must not allocate, it leaves g to the helper.
// Context: g0, in newproc.
//
//go:norace
func (k *Kernel) adopt(parent *Task, g uintptr) {
	k.lockList()
	t := k.takeSpare()
	if t == nil {
		if parent.orphans == 0 {
			parent.nextParent = k.parents
			k.parents = parent
		}
		goport.SetLink(g, parent.orphans)
		parent.orphans = g
		k.live++ // counted from now on
	} else {
		t.use(parent.heritage())
		k.enlistLocked(t)
	}
	low := k.nspares < spareLow
	k.unlockList()
	if low {
		k.helper.WakeOnG0()
	}
	if t != nil {
		t.Adopt(g)
		wake(&t.Task)
	}
}

// heritage returns how tasks that inherit from t are to run. There is none in a
// Deadline task's bandwidth: t has just become one. listLock is held.
//
//go:norace
func (t *Task) heritage() *attrs {
	if t.attrs.bandwidth != 0 {
		return t.k.plain
	}
	return t.attrs
}
