//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"runtime"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"golang.org/x/sys/unix"
)

// SetScheduler says who decides and how many CPUs there will be. Call it after
// Resolve and before Patch.
func SetScheduler(s Scheduler, cpus int) {
	sched = s
	minProcs = int32(cpus + 1)
}

// Attach makes the calling thread, which its goroutine has locked, CPU b, and
// the goroutine its idle goroutine.
func Attach(b *cpu.Block) {
	g := getg()
	b.Self = b
	b.IdleG = g
	b.M = load64(g + gM)
	b.Count = cpu.NoNeed
	cpu.SetGS(b)
}

// Gettid returns the calling thread's number.
func Gettid() int32 { return int32(cpu.Syscall(unix.SYS_GETTID, 0, 0, 0, 0, 0, 0)) }

// Detach makes the calling thread an ordinary one again. Its goroutine, the
// idle goroutine, must then end without unlocking, and with it the thread.
func Detach(b *cpu.Block) { cpu.SetGS(nil) }

// ReleaseProcs ends the hold on GOMAXPROCS.
func ReleaseProcs() { minProcs = 0 }

// RunTasks is called by the idle goroutine of b: it runs tasks until the pick
// returns none.
func RunTasks(b *cpu.Block) {
	b.IdleSwitch = 1
	gopark(nil, nil, 0, 0, 1)
	b.IdleSwitch = 0
}

// ParkIdle blocks the idle goroutine, and its thread, as Go blocks any: the P
// goes to others and the deadlock detector counts it. Once it counts as blocked
// *state is set from 2 to 3; if it is not 2 then, ParkIdle returns at once.
// WakeIdle ends it.
func ParkIdle(state *uint32) { gopark(commitPark, unsafe.Pointer(state), 0, 0, 1) }

// Park blocks the calling goroutine. Once it counts as blocked, commit is called
// on g0 with its g and arg, and arranges for Ready. commit is norace and no
// closure.
func Park(commit func(g uintptr, arg unsafe.Pointer) bool, arg unsafe.Pointer) {
	gopark(commit, arg, 0, 0, 1)
}

// Ready makes t, which is blocked in Park, runnable. Context: g0, with a P.
//
//go:norace
func (t *Task) Ready() { ready(t.g, 0, false) }

// commitPark is ParkIdle's unlock function.
//
//go:norace
func commitPark(_ uintptr, lock unsafe.Pointer) bool {
	return cpu.Cas32((*uint32)(lock), 2, 3)
}

// WakeIdle makes a goroutine blocked in ParkIdle runnable. Context: g0, with a P.
//
//go:norace
func WakeIdle(b *cpu.Block) { ready(b.IdleG, 0, true) }

// YieldP lets Go have the P of the calling idle goroutine, and waits for one.
func YieldP() { runtime.Gosched() }

// SetBody sets what t's goroutine will run.
func (t *Task) SetBody(f func()) { t.fn = f }

// StartOnG0 makes a goroutine that runs t's body as t and wakes it. The
// goroutine starts with a preempt_count of one, as after a fork. Context: g0,
// called by the goroutine that is to be the parent.
//
//go:norace
func (t *Task) StartOnG0() {
	caller := load64(load64(getg()+gM) + mCurg)
	t.g = uintptr(newproc1(*(*unsafe.Pointer)(unsafe.Pointer(&t.fn)), addr(caller), startPC, false, 0))
	t.count = 1
	sched.Wake(t)
}

// startPC is what a task's dump says it was created by: StartOnG0.
var startPC uintptr

// Enter makes the calling ordinary goroutine the task t: it returns on a kernel
// CPU. The goroutine must not be locked to its thread.
func (t *Task) Enter() { gopark(enterPark, unsafe.Pointer(t), 0, 0, 1) }

// enterPark runs when the goroutine is parked: mark it and make it runnable,
// so that hookReady gives it to the kernel.
//
//go:norace
func enterPark(g uintptr, lock unsafe.Pointer) bool {
	t := (*Task)(lock)
	t.g = g
	t.count = 0
	t.saved = addr(load64(g + gCoroarg))
	store64(g+gCoroarg, uintptr(lock))
	ready(g, 0, false)
	return true
}

// Leave makes the current task, t, an ordinary goroutine: it returns on an
// ordinary thread.
func (t *Task) Leave() {
	t.flags |= flagLeaving
	gopark(leavePark, nil, 0, 0, 1)
}

// leavePark runs when the goroutine is parked, unmarked: Go runs it from now on.
//
//go:norace
func leavePark(g uintptr, _ unsafe.Pointer) bool {
	ready(g, 0, true)
	return true
}

// Locked reports whether the calling goroutine is locked to its thread.
func Locked() bool {
	g := getg()
	if load64(g+gLockedm) == 0 {
		return false
	}
	m := load64(g + gM)
	base := uint32(0)
	if cpu.This() != nil {
		base = 1
	}
	return load32(m+mLockedExt) > base || load32(m+mLockedInt) != 0
}

// Goid returns the number of t's goroutine, as dumps print it.
//
//go:norace
func (t *Task) Goid() uint64 {
	if t.g == 0 {
		return 0
	}
	return uint64(load64(t.g + gGoid))
}

// RunsOn reports whether t's goroutine is g.
//
//go:norace
func (t *Task) RunsOn(g uintptr) bool { return t.g == g }

// HoldsStack reports whether address a is in the stack of t's goroutine now. Context:
// any; the answer is a hint.
//
//go:norace
func (t *Task) HoldsStack(a uintptr) bool {
	g := t.g // never freed by Go, whatever becomes of t
	return g != 0 && a-load64(g+gStackLo) < load64(g+gStackLo+8)-load64(g+gStackLo)
}

// Poison asks the goroutine that runs on this thread to yield at its next
// prologue. Context: g0 of a CPU.
//
//go:norace
func Poison(b *cpu.Block) {
	g := load64(b.M + mCurg)
	if g == 0 || g == b.IdleG {
		return
	}
	store8(g+gPreempt, 1)
	store64(g+gGuard0, ^uintptr(1313))
}

// OnG0 calls f(arg) on this thread's g0, with a P, unpreempted.
func OnG0(f func(unsafe.Pointer), arg unsafe.Pointer) { onG0(f, arg) }

// CheckTimers runs the timers of this thread's P that are due, as findRunnable
// does. Context: g0 of a CPU, with a P, no lock held.
//
//go:norace
func CheckTimers(b *cpu.Block) {
	if p := load64(b.M + mP); p != 0 {
		timersCheck(p+pTimers, 0, 0)
	}
}

// NextTimer returns when the first timer of this thread's P is due, by Nanotime,
// or before that; 0: there is none. Context: g0 of a CPU, with a P.
//
//go:norace
func NextTimer(b *cpu.Block) int64 {
	p := load64(b.M + mP)
	if p == 0 {
		return 0
	}
	modified, first := int64(load64(p+pTimerModified)), int64(load64(p+pTimerHeap)) // in this order, as wakeTime does
	if first == 0 || modified != 0 && modified < first {
		return modified
	}
	return first
}

// LocalWork reports whether Go's run queue of the P of b's thread has work, which
// only other threads can take, and a number that changes when they do. Context:
// any; the answer is a hint.
//
//go:norace
func LocalWork(b *cpu.Block) (work bool, turn uint32) {
	p := load64(b.M + mP)
	if p == 0 {
		return false, 0
	}
	turn = load32(p + pRunqHead)
	return turn != load32(p+pRunqTail) || load64(p+pRunNext) != 0, turn
}

// Adopt gives t the goroutine g, which is _Grunnable and in no queue.
//
//go:norace
func (t *Task) Adopt(g uintptr) { t.g, t.count = g, 0 }

// SetLink and Link keep a list of goroutines that are in no queue of Go's, by
// the field that those queues use.
//
//go:norace
func SetLink(g, next uintptr) { store64(g+gSchedlink, next) }

// Link returns the goroutine after g, and ends the link.
//
//go:norace
func Link(g uintptr) uintptr {
	next := load64(g + gSchedlink)
	store64(g+gSchedlink, 0)
	return next
}

// Sleeper lets code on g0 wake one goroutine, ordinary or a task.
type Sleeper struct {
	state uint32 // 0: nobody sleeps, 1: woken, 2: about to sleep, 3: asleep
	g     uintptr
}

// Sleep waits until Wake; a Wake since the last Sleep ends it at once.
// Context: one goroutine, always the same, that may block.
func (s *Sleeper) Sleep() {
	s.g = getg()
	if cpu.Cas32(&s.state, 0, 2) {
		gopark(commitPark, unsafe.Pointer(&s.state), 0, 0, 1)
	}
	cpu.Store32(&s.state, 0)
}

// WakeOnG0 ends a Sleep. Context: g0, with a P.
//
//go:norace
func (s *Sleeper) WakeOnG0() {
	if cpu.Xchg32(&s.state, 1) == 3 {
		ready(s.g, 0, true)
	}
}

// Wake ends a Sleep. Context: any goroutine.
func (s *Sleeper) Wake() { onG0(wakeSleeper, unsafe.Pointer(s)) }

//go:norace
func wakeSleeper(s unsafe.Pointer) { (*Sleeper)(s).WakeOnG0() }
