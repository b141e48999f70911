//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// A task that is locked to its thread (runtime.LockOSThread, or in a callback
// from C) and blocks cannot leave the thread, and nothing else may run there. If
// the CPU stayed with it, as many such tasks as there are CPUs would stop the
// kernel, even where they wait for no more than the garbage collector's start,
// which a task that waits for a CPU is about to make. So the thread goes with
// the task: it is no CPU any more, the task is an ordinary goroutine, and the
// CPU's idle goroutine takes another thread. When the goroutine next blocks
// and is not locked any more, it is marked again: its wake-up brings it back.

// awayCount is how many tasks are away. awayFilter has a bit for each of them,
// by their g's address: the hooks look only for goroutines whose bit is set.
var (
	awayCount  int32
	awayFilter uint64
)

// addAway counts one more, whose goroutine is g.
//
//go:norace
func addAway(g uintptr) {
	cpu.Add32(&awayCount, 1)
	cpu.Or64(&awayFilter, 1<<(g>>7&63))
}

// subAway counts one less. The filter forgets nothing: a bit too many costs a
// look now and then.
//
//go:norace
func subAway() { cpu.Add32(&awayCount, -1) }

// goDepart is called when g, the current task of b, is about to block locked.
//
//go:norace
func goDepart(b *cpu.Block, g uintptr) {
	t := (*Task)(b.Current)
	if t.Reader|t.flags != 0 {
		goReading(b, t)
	}
	t.account(b)
	t.g = g
	t.flags |= flagAway
	t.out = 1
	b.Current, b.Next = nil, nil
	cpu.SetGS(nil)
	store32(b.M+mLockedExt, load32(b.M+mLockedExt)-1) // the kernel's own lock
	DeleteTimer(b.TimerID)
	DeleteTimer(b.HRTimer)
	cpu.Store32(&b.Armed, 0)
	goUnbind(b)
	addAway(g)
	sched.Depart(b, t)
	idle := b.IdleG
	store64(idle+gLockedm, 0)
	ready(idle, 0, false)
}

// goAwayPark is called when g is about to block on an ordinary thread, or (new
// is _Grunnable) does not after all.
//
//go:norace
func goAwayPark(g uintptr, new uint32) {
	if new == 1 {
		t := (*Task)(addr(load64(g + gCoroarg)))
		if t != nil && t.magic == taskMagic && t.flags&flagAway != 0 {
			store64(g+gCoroarg, uintptr(t.saved))
			t.saved = nil
			sched.Away(t)
		}
		return
	}
	if load64(g+gLockedm) != 0 {
		return
	}
	t := sched.FindAway(g, true)
	if t == nil {
		return
	}
	if t.flags&flagLeaving != 0 {
		t.flags &^= flagLeaving | flagAway
		subAway()
		return
	}
	t.count = 0
	t.saved = addr(load64(g + gCoroarg))
	store64(g+gCoroarg, uintptr(unsafe.Pointer(t)))
	// Away until hookReady or hookExecute has given it to the kernel.
}

// goAwayExit is called when g ends on an ordinary thread.
//
//go:norace
func goAwayExit(g uintptr) {
	if t := sched.FindAway(g, true); t != nil {
		t.flags &^= flagAway
		subAway()
		sched.Exited(t)
	}
}

// Away reports whether t has gone with its thread.
//
//go:norace
func (t *Task) Away() bool { return t.flags&flagAway != 0 }

// Return ends t's being away where its goroutine leaves the kernel for good.
// Context: g0.
//
//go:norace
func (t *Task) Return() {
	if t.flags&flagAway == 0 || sched.FindAway(t.g, true) != t {
		return
	}
	t.flags &^= flagAway | flagLeaving
	subAway()
}

// CurrentAway returns the task that calls, if it has gone with its thread, else
// nil. Context: any goroutine.
func CurrentAway() *Task {
	if !anyAway() {
		return nil
	}
	a := &awayArgs{g: getg()}
	onG0(goCurrentAway, unsafe.Pointer(a))
	return a.t
}

//go:norace
func anyAway() bool { return awayCount != 0 }

type awayArgs struct {
	g uintptr
	t *Task
}

//go:norace
func goCurrentAway(p unsafe.Pointer) {
	a := (*awayArgs)(p)
	a.t = sched.FindAway(a.g, false)
}
