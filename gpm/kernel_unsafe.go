//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// quitOnG0 has CPU p leave the kernel.
//
//go:norace
func quitOnG0(p unsafe.Pointer) {
	c := arg[vcpu](p)
	cpu.Store32(&c.quit, 1)
	c.kick()
}

// listOnG0 lists task p.
//
//go:norace
func listOnG0(p unsafe.Pointer) {
	t := arg[Task](p)
	t.k.enlist(t)
}

// spawnOnG0 lists task p and starts it.
//
//go:norace
func spawnOnG0(p unsafe.Pointer) {
	if t := arg[Task](p); t.k.enlist(t) {
		t.StartOnG0()
	}
}

// goOnG0 starts what task p wants started, if there is a spare task, and forgets
// it then.
//
//go:norace
func goOnG0(p unsafe.Pointer) {
	parent := arg[Task](p)
	k := parent.k
	k.lockList()
	var t *Task
	if !k.shut { // the parent may be the kernel's own, which is not counted
		t = k.takeSpare()
	}
	if t != nil {
		t.use(parent.goAttrs)
		t.begin(parent.goFn)
		k.enlistLocked(t)
		parent.goFn = nil
	}
	k.unlockList()
	if t != nil {
		t.StartOnG0()
	}
}

// unlistOnG0 takes task p, which has left the kernel, off the list.
//
//go:norace
func unlistOnG0(p unsafe.Pointer) {
	t := arg[Task](p)
	t.Return()
	t.k.exited(t)
}

//go:norace
func (k *Kernel) lockList() {
	for !cpu.Cas32(&k.listLock, 0, 1) {
		cpu.Pause()
	}
}

//go:norace
func (k *Kernel) unlockList() { cpu.Release32(&k.listLock, 0) }

//go:norace
func (k *Kernel) addRT(n int32) { cpu.Add32((*int32)(unsafe.Pointer(&k.queuedRT)), n) }

// modelOnG0 has CPU p act by a new model. Who decides by the old one does it under
// the queue's lock, or, a tick, on that CPU, and then the next tick sees to it.
//
//go:norace
func modelOnG0(p unsafe.Pointer) {
	c := arg[vcpu](p)
	c.acquire()
	if c.NeedLazy != 0 {
		c.Need = 1
	}
	runs := c.curPrio >= 0
	c.release()
	if runs {
		c.interrupt()
	}
}
