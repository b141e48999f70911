package rcu

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/readers"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// dep is all of RCU's read side, for the validator.
var dep lockdep.Map

// order is what the race detector is told: the end of a section happens before
// the end of a wait.
var order edge

func init() {
	dep.Init(lockdep.RCU, "rcu_read_lock", 0)
	cpu.ReadSlow.Enter, cpu.ReadSlow.Exit, cpu.ReadSlow.Special = enterSlow, exitSlow, exitSpecial
}

// ReadLock begins a read-side section: what the caller gets by Dereference in it
// stays until ReadUnlock. Sections nest. Outside a task it is a BUG, and begins
// nothing. Context: a task, atomic or not. Linux: rcu_read_lock().
func ReadLock() { cpu.ReadEnter() }

// ReadUnlock ends the section that ReadLock began. Without ReadLock, or outside
// a task, it is a BUG. Context: a task. Linux: rcu_read_unlock().
func ReadUnlock() {
	order.end()
	cpu.ReadExit()
}

// ReadLockHeld reports whether the caller is between ReadLock and ReadUnlock.
// Context: any. Linux: rcu_read_lock_held(), which without the validator only guesses.
func ReadLockHeld() bool {
	if cpu.ReadWord()&cpu.ReaderDepth != 0 {
		return true
	}
	t := readers.Current()
	return t != nil && readers.Depth(t) != 0
}

// ReadLockAnyHeld reports whether the caller is in a read-side section of any
// kind: ReadLock, preemption disabled, or interrupts masked. Context: any. Linux:
// rcu_read_lock_any_held().
func ReadLockAnyHeld() bool { return isAtomic() || ReadLockHeld() }

// isAtomic reports whether the caller cannot be preempted.
func isAtomic() bool { return preempt.InAtomic() || signals.IRQsDisabled() }

const noTask = " outside a task: an ordinary goroutine has no RCU read-side sections, use SRCU"

// enterSlow is ReadLock where the caller is no task that a CPU runs, or the
// validator watches.
func enterSlow() {
	if _, ok := readers.Add(1); !ok {
		preempt.Raise("rcu.ReadLock" + noTask)
		return
	}
	if lockdep.On() {
		dep.Acquire(lockdep.RCU, lockdep.SharedRecurse, false, 0)
		dep.Acquired()
	}
}

// exitSlow is ReadUnlock in the same cases.
func exitSlow() {
	word, ok := readers.Add(^uint32(0))
	if !ok {
		preempt.Raise("rcu.ReadUnlock" + noTask)
		return
	}
	if lockdep.On() && word != ^uint32(0) {
		dep.Release()
	}
	if int32(word) < 0 {
		special(word)
	}
}

// exitSpecial is ReadUnlock where the word has become negative.
func exitSpecial() { special(cpu.ReadWord()) }

// special does what the section's end has to do besides counting down to word.
func special(word uint32) {
	const none = ^uint32(0) // it was 0
	if word != none && word&cpu.ReaderDepth != 0 {
		return // the end of an inner section
	}
	blocked := readers.Exit(readers.Current())
	switch {
	case word == none:
		preempt.Raise("rcu.ReadUnlock without ReadLock")
	case blocked && lockdep.On():
		preempt.Raise("the task has blocked in the RCU read-side section that ends here")
	}
}
