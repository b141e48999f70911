//go:build linux && amd64 && go1.25 && !go1.28

package readers

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// SwitchedOut is called when t leaves CPU b, or is about to block there, and its
// word is not zero. Context: g0, with nobody else knowing t.
//
//go:norace
func SwitchedOut(b *cpu.Block, t *goport.Task) {
	if t.Reader&cpu.ReaderDepth == 0 {
		// The last section has ended, with preemption off or just now. It is
		// over: a task that leaves is not atomic.
		t.Reader = 0
		lock()
		if t.Reading.Listed {
			remove(t)
		}
		unlock()
		return
	}
	if b.Reason == cpu.ReasonNone {
		t.Reading.Blocked = true
	}
	if t.Reading.Listed {
		return
	}
	t.Reader |= cpu.ReaderSpecial
	lock()
	l := &state.later
	if s := seatOf(b); state.seq&1 != 0 && s != nil && s.waits && s.snap == b.Quiet {
		l = &state.now // the section may have begun before the grace period
	}
	l.add(t)
	unlock()
}

// Exit ends the outermost section of the task that calls, t, whose word is
// special. It reports whether the task has blocked in it. Context: any of t.
func Exit(t *goport.Task) (blocked bool) {
	blocked = unblock(t)
	goport.OnG0(endedOnG0, unsafe.Pointer(t))
	return blocked
}

//go:norace
func unblock(t *goport.Task) bool {
	b := t.Reading.Blocked
	t.Reading.Blocked = false
	return b
}

// endedOnG0 runs on g0, so that the task cannot be switched out between its steps.
//
// With preemption or interrupts off the task is still in a section: of the CPU, but
// that may have passed a quiescent state since the task was listed. So the task
// stays where it is until it is switched out, which the end of that section sees to.
// Linux: rcu_preempt_deferred_qs().
//
//go:norace
func endedOnG0(p unsafe.Pointer) {
	t := (*goport.Task)(p)
	b := cpu.This()
	if b != nil && isAtomic(b) {
		t.Reader = cpu.ReaderSpecial
		b.Need, b.Visit = 1, 1
		cpu.FoldNeed(b)
		if b.IRQOff != 0 {
			b.Pending = 1 // unmasking looks at Need only after an interrupt
		}
		return
	}
	t.Reader = 0
	lock()
	if t.Reading.Listed {
		remove(t)
	}
	if b != nil {
		if s := seatOf(b); s != nil {
			s.waits = false
		}
	}
	unlock()
}

// isAtomic reports whether preemption or interrupts are off on this CPU.
//
//go:norace
func isAtomic(b *cpu.Block) bool {
	return b.Count&^(cpu.NoNeed|cpu.Active) != 0 || b.IRQOff != 0 || b.HardOff != 0
}

// Abandon ends the sections of t, which has ended itself, and reports whether
// there was one. Context: g0.
//
//go:norace
func Abandon(t *goport.Task) bool {
	if t.Reader == 0 {
		return false
	}
	open := t.Reader&cpu.ReaderDepth != 0
	t.Reader = 0
	t.Reading.Blocked = false
	lock()
	if t.Reading.Listed {
		remove(t)
	}
	if open {
		state.left++
	}
	unlock()
	return open
}

// TakeLeft returns, once, how many tasks Abandon has found with a section open.
func TakeLeft() int {
	n := new(uint32)
	goport.OnG0(takeLeftOnG0, unsafe.Pointer(n))
	return int(*n)
}

//go:norace
func takeLeftOnG0(p unsafe.Pointer) {
	lock()
	*(*uint32)(p), state.left = state.left, 0
	unlock()
}

// Depth returns how many sections t, the caller, has open.
//
//go:norace
func Depth(t *goport.Task) int { return int(t.Reader & cpu.ReaderDepth) }

// Current returns the calling task, also one that has gone with its thread; nil
// outside a task.
func Current() *goport.Task {
	if t := (*goport.Task)(cpu.Current()); t != nil {
		return t
	}
	return goport.CurrentAway()
}

// Add adds n to the depth of the calling task and returns the word; ok is false
// outside a task. Special is not looked after.
func Add(n uint32) (word uint32, ok bool) {
	if word, ok = cpu.ReadAdd(n); ok {
		return word, ok
	}
	t := goport.CurrentAway()
	if t == nil {
		return 0, false
	}
	return addAway(t, n), true
}

// addAway need not be one instruction: no handler looks at a task that is away.
//
//go:norace
func addAway(t *goport.Task, n uint32) uint32 {
	t.Reader += n
	return t.Reader
}
