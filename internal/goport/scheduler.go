//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// Scheduler is what the kernel above decides. All of it is called on g0, with a
// P, under the rules in doc.go: no allocation, no blocking, //go:norace.
type Scheduler struct {
	// Pick returns the task to run on b next, nil for none. reason says why
	// the last one left (cpu.ReasonNone: the idle goroutine did). If yield is
	// set Go wants the P: nil.
	Pick func(b *cpu.Block, reason uint32, yield bool) *Task
	// Requeue puts back a task that leaves b but can run. It may return the
	// task to run next, if Pick has nothing else to decide.
	Requeue func(b *cpu.Block, t *Task, reason uint32) *Task
	// Wake makes a task runnable; on any thread.
	Wake func(t *Task)
	// Reading is called when t leaves b, or blocks there, with a read-side
	// section open (or, rarely, just ended), or if it is Notified.
	Reading func(b *cpu.Block, t *Task)
	// Stalled is called when b's task blocks and b stays with it.
	Stalled func(b *cpu.Block)
	// Undone is called when b's task, which was about to block, goes on.
	Undone func(b *cpu.Block)
	// Depart is called when t, locked to its thread, blocks and leaves b; b has
	// no thread until its idle goroutine has found another.
	Depart func(b *cpu.Block, t *Task)
	// Away puts t on the list of tasks that have gone with their thread.
	Away func(t *Task)
	// FindAway returns the task on that list whose goroutine is g, nil if none
	// is, and takes it off if remove says so.
	FindAway func(g uintptr, remove bool) *Task
	// Exited ends a task that has gone with its thread.
	Exited func(t *Task)
	// Polled is called on any thread, maybe without a P, with goroutines of
	// tasks whose I/O is possible, from first to last; see QueueNet. It returns
	// those that Go is to make runnable.
	Polled func(first, last uintptr) (rest uintptr)
	// Child makes a task of a new goroutine, started by t.
	Child func(b *cpu.Block, t *Task, g uintptr)
}

var sched Scheduler

// What the hooks read.
var (
	minProcs int32 // GOMAXPROCS is kept at least here
)

// What the hooks call; see hooks_amd64.s for why through a variable.
var (
	pickFunc       = goPick
	nextFunc       = goNext
	requeueFunc    = goRequeue
	wakeFunc       = goWake
	childFunc      = goChild
	noteAtomicFunc = goNoteAtomic
	readingFunc    = goReading
	stalledFunc    = goStalled
	undoneFunc     = goUndone
	departFunc     = goDepart
	awayParkFunc   = goAwayPark
	awayExitFunc   = goAwayExit
	bindFunc       = goBind
	unbindFunc     = goUnbind
)

// goPick is called by hookFind for the next goroutine of CPU b; 0 means the
// idle one.
//
//go:norace
func goPick(b *cpu.Block) uintptr {
	t := choose(b)
	if t == nil {
		b.Count = cpu.NoNeed
		return 0
	}
	g := t.switchIn(b)
	// Marked until hookExecute sees it here, lest another thread runs it: with
	// user goroutines disabled schedule() would put it on a queue of Go's.
	t.saved = addr(load64(g + gCoroarg))
	store64(g+gCoroarg, uintptr(unsafe.Pointer(t)))
	return g
}

// goNext is called by hookNext, when a task has parked or ended: it returns the
// goroutine to run, 0 if schedule() is to ask for it.
//
//go:norace
func goNext(b *cpu.Block) uintptr {
	if !Direct(b) {
		return 0
	}
	t := choose(b)
	if t == nil {
		return 0
	}
	store8(load64(b.M+mP)+pPreempt, 0) // as schedule does
	return t.switchIn(b)
}

// choose makes the kernel's choice for b.
//
//go:norace
func choose(b *cpu.Block) *Task {
	reason := b.Reason
	b.Reason = cpu.ReasonNone
	b.Leaving = 0
	if reason == cpu.ReasonExit {
		(*Task)(b.Current).account(b)
		b.Current = nil // the pick may let it be used again
	} else if reason == cpu.ReasonNone {
		b.Now = cpu.Cycles()
		b.Chain = 0
	}
	b.Visit = 0 // what wants one from here on is not seen by the pick
	t := sched.Pick(b, reason, GCWaiting())
	m := b.M
	if load32(m+mLockedExt) == 0 {
		// A task has called UnlockOSThread without LockOSThread: that took the
		// kernel's own lock, without which Go would clone threads from this one.
		store32(m+mLockedExt, 1)
	}
	if p := load64(m + mP); load32(p+pSafePointFn) != 0 {
		runSafePointFn() // as findRunnable does for forEachP
	}
	if b.Turns != 0 && reason != cpu.ReasonYield {
		b.Turn = b.Chain / (b.Turns + 1)
		b.Turns, b.Credited = 0, 0
	}
	b.Next, b.Current = unsafe.Pointer(t), unsafe.Pointer(t)
	b.Wanted = 0
	b.SliceStart = b.Now
	return t
}

// switchIn makes t the task of b, with its preempt_count.
//
//go:norace
func (t *Task) switchIn(b *cpu.Block) (g uintptr) {
	b.Quiet++ // execute's casgstatus is the barrier before the task's first load
	t.running = uint32(b.ID) + 1
	b.Count = cpu.NoNeed | t.count
	if b.Need != 0 {
		cpu.FoldNeed(b) // it came after the pick; see "soon" in interrupt_amd64.s
	}
	return t.g
}

// account ends t's turn on b, as the assembly's account does.
//
//go:norace
func (t *Task) account(b *cpu.Block) {
	b.Now = cpu.Cycles()
	b.Chain = b.Now - b.SliceStart
	if own := int64(b.Chain - b.Credited); own > 0 {
		t.cycles += own
	}
	t.running = 0
}

// maxGuess is up to how many time-stamp counts the turn of a Normal task that ends in a
// yield is not timed but guessed; see RATIONALE. Others may have a budget.
const maxGuess = 1 << 15

// maxGuesses is how often: the guess must not stay what it was once, or the time stand
// still for those that wait.
const maxGuesses = 64

// timed ends t's turn, which ends in a yield, by the clock, and makes a new guess.
//
//go:norace
func timed(b *cpu.Block, t *Task) {
	b.Now = cpu.Cycles()
	b.Chain = b.Now - b.SliceStart
	t.cycles += int64(max(b.Chain, b.Credited) - b.Credited)
	b.Turn = b.Chain / (b.Turns + 1)
	b.Turns, b.Credited, b.SliceStart = 0, 0, b.Now
}

// goRequeue is called when the current task leaves b by Gosched or preemption.
// It returns the goroutine to run next, 0 if schedule() is to ask for it: among
// tasks that yield to each other nothing but the pick would be left of it.
//
//go:norace
func goRequeue(b *cpu.Block) uintptr {
	t := (*Task)(b.Current)
	if t.Reader|t.flags != 0 {
		goReading(b, t)
	}
	t.g = b.Leaving
	t.count = b.Count & cpu.Active
	b.Count &^= cpu.Active // or an interrupt before the pick clears Need would be no one's
	reason := b.Reason     // stays for the pick
	if reason == cpu.ReasonYield {
		if b.Turn == 0 || b.Turn > maxGuess || b.Fair == 0 || b.Need|b.NeedLazy != 0 || b.Turns == maxGuesses {
			timed(b, t)
		} else {
			t.cycles += int64(b.Turn)
			b.Credited += b.Turn
			b.Chain = b.Turn // for the pick
			b.Turns++
		}
		t.running = 0
	} else {
		t.account(b)
	}
	b.Leaving = 0
	b.Current = nil
	next := sched.Requeue(b, t, reason)
	if next == nil {
		return 0
	}
	b.Reason = cpu.ReasonNone
	b.Next, b.Current = unsafe.Pointer(next), unsafe.Pointer(next)
	b.Wanted = 0
	store8(load64(b.M+mP)+pPreempt, 0) // as schedule does
	return next.switchIn(b)
}

// Direct reports whether a task may follow another on b without schedule() in
// between: the world is not being stopped, and Go's own lock on the thread is as
// it should be.
//
//go:norace
func Direct(b *cpu.Block) bool {
	m := b.M
	return *(*uint8)(addr(varGCWaiting)) == 0 && load32(m+mLockedExt) == 1 && load32(load64(m+mP)+pSafePointFn) == 0
}

// goWake is called when a marked goroutine has become runnable.
//
//go:norace
func goWake(t *Task) {
	if t.flags&flagAway != 0 {
		t.flags &^= flagAway
		subAway()
	}
	sched.Wake(t)
}

// goChild is called when the current task of b starts a goroutine that inherits.
//
//go:norace
func goChild(b *cpu.Block, g uintptr) { sched.Child(b, (*Task)(b.Current), g) }

// goReading is called when the current task of b, t, leaves in a read-side section.
//
//go:norace
func goReading(b *cpu.Block, t *Task) { sched.Reading(b, t) }

// goStalled is called when b stays with a task that blocks.
//
//go:norace
func goStalled(b *cpu.Block) { sched.Stalled(b) }

// goUndone is called when b's task, which was about to block, goes on.
//
//go:norace
func goUndone(b *cpu.Block) { sched.Undone(b) }

// goNoteAtomic records the callers of a park or Gosched in atomic context, for
// the BUG that the section's end reports. The frames are found by the frame
// pointers from where mcall left the goroutine.
//
//go:norace
func goNoteAtomic(b *cpu.Block, g uintptr) {
	b.AtomicParks++
	cpu.FoldNeed(b)
	b.AtomicSeen = b.Count
	n := 0
	lo, hi := load64(g), load64(g+8)
	pc, bp := load64(g+gSched+gobufPC), load64(g+gSched+gobufBP)
	for n < len(b.AtomicPCs) && pc != 0 {
		b.AtomicPCs[n] = pc
		n++
		if bp < lo || bp > hi-16 || bp&7 != 0 {
			break
		}
		pc, bp = load64(bp+8), load64(bp)
	}
	b.AtomicLen = uint32(n)
	if p := load64(b.M + mP); p != 0 && load32(p+pSafePointFn) != 0 {
		runSafePointFn() // the section may call Gosched until a forEachP, which waits for this P, is over
	}
}

// GCWaiting reports whether the world is being stopped. Context: any.
//
//go:norace
func GCWaiting() bool { return *(*uint8)(addr(varGCWaiting)) != 0 }
