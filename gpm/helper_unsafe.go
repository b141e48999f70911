//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// Spare tasks for goroutines that inherit: the helper makes more when fewer
// than spareLow are left, up to spareHigh.
const (
	spareLow  = 64
	spareHigh = 256
	spareMost = 4096 // ended tasks are kept as spares up to here
)

// help is the kernel's one ordinary goroutine. It does what code on g0 must not
// do itself: allocate, and close channels. It sleeps until woken.
func (k *Kernel) help() {
	defer close(k.helperDone)
	emptied := false
	for cpu.Load32(&k.stopped) == 0 {
		k.helper.Sleep()
		a := deadArgs{k: k}
		onG0(deadOnG0, &a)
		for t := a.list; t != nil; {
			t = t.closeDead()
		}
		k.adoptOrphans(a.parents)
		reportLeft()
		k.watchTimers()
		if a.spares < spareLow && cpu.Load32(&k.inherits) != 0 {
			k.makeSpares(spareHigh - a.spares)
		}
		if a.shut && !emptied {
			emptied = true
			close(k.empty)
		}
	}
}

// closeDead wakes whoever waits for t, and returns the next on the list. An
// end that broke a rule, and had no context to report it in, is reported.
//
//go:norace
func (t *Task) closeDead() *Task {
	next := t.reap
	t.reap = nil
	t.mu.Lock()
	if t.done != nil {
		closeOnce(t.done)
	}
	t.mu.Unlock()
	if t.clearMigrate() {
		t.stayedToEnd()
	}
	return next
}

// deadArgs is what there is to do.
type deadArgs struct {
	k       *Kernel
	list    *Task // ended tasks that somebody waits for
	parents *Task // tasks whose goroutines found no spare
	spares  int32
	shut    bool
}

//go:norace
func deadOnG0(p unsafe.Pointer) {
	a := arg[deadArgs](p)
	k := a.k
	k.lockList()
	a.list, k.dead = k.dead, nil
	a.parents, k.parents = k.parents, nil
	k.shut = k.shut || k.live == 0 && cpu.Load32(&k.stopping) != 0
	a.shut = k.shut
	a.spares = k.nspares
	k.unlockList()
}

// makeSpares adds n spare tasks.
func (k *Kernel) makeSpares(n int32) {
	var list *Task
	for range n {
		list = newSpare(k, list)
	}
	onG0(spareOnG0, &spareArgs{k: k, list: list})
}

// newSpare returns a task. Others get it by way of g0, where the race detector
// sees no hand-over: so it must not see this either.
//
//go:norace
func newSpare(k *Kernel, next *Task) *Task { return &Task{k: k, reap: next} }

type spareArgs struct {
	k    *Kernel
	list *Task
}

//go:norace
func spareOnG0(p unsafe.Pointer) {
	a := arg[spareArgs](p)
	k := a.k
	k.lockList()
	for t := a.list; t != nil; {
		next := t.reap
		k.putSpare(t)
		t = next
	}
	k.unlockList()
}

// adoptOrphans makes tasks of the goroutines that adopt left behind.
func (k *Kernel) adoptOrphans(parents *Task) {
	for parents != nil {
		a := orphanArgs{parent: parents}
		onG0(orphansOnG0, &a)
		parents = a.nextParent
		// The list is last in first out; goroutines start in order.
		var gs []uintptr
		for g := a.g; g != 0; g = goport.Link(g) {
			gs = append(gs, g)
		}
		for i := len(gs) - 1; i >= 0; i-- {
			b := orphanArgs{attrs: a.attrs, t: newSpare(k, nil), g: gs[i]}
			onG0(adoptOnG0, &b)
		}
	}
}

type orphanArgs struct {
	parent, nextParent, t *Task
	attrs                 *attrs
	g                     uintptr
}

//go:norace
func orphansOnG0(p unsafe.Pointer) {
	a := arg[orphanArgs](p)
	t := a.parent
	t.k.lockList()
	a.g, t.orphans = t.orphans, 0
	a.attrs = t.heritage()
	a.nextParent, t.nextParent = t.nextParent, nil
	t.k.unlockList()
}

//go:norace
func adoptOnG0(p unsafe.Pointer) {
	a := arg[orphanArgs](p)
	a.t.use(a.attrs)
	a.t.k.lockList()
	a.t.k.enlistLocked(a.t)
	a.t.k.live-- // adopt has counted it
	a.t.k.unlockList()
	a.t.Adopt(a.g)
	wake(&a.t.Task)
}

// wakeThreadOnG0 has a thread of Go's look for work. It needs no argument.
//
//go:norace
func wakeThreadOnG0(unsafe.Pointer) { goport.WakeThread() }
