package percpu

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

func init() {
	cpu.Misuse = func(missing cpu.Missing) {
		switch missing {
		case cpu.NoCPU:
			preempt.Raise("this_cpu operation outside a task")
		case cpu.NoWord:
			preempt.Raise("this_cpu operation on a Word that is released, or not from NewWord")
		case cpu.NoCount:
			preempt.Raise("use of a Counter that is released, or not from NewCounter")
		}
	}
}

// check reports the use of something that needs a caller who cannot leave its
// CPU, by one who can: n is the CPU's number, -1 if there is none.
func check(n int, what string) {
	if n < 0 {
		preempt.Raise(what + " outside a task")
	} else if preempt.Debugging() && movable() {
		preempt.Raise("using " + what + " in preemptible code")
	}
}

// movable reports whether the calling task could be moved to another CPU.
func movable() bool {
	if preempt.InAtomic() || signals.IRQsDisabled() {
		return false
	}
	t := goport.Current()
	return t != nil && !t.NoMigrate() && !t.Single()
}

// CantMigrate says that the code that follows relies on staying on its CPU: if
// preempt.SetDebug is on and the caller could be moved it is a BUG. Context: a
// task. Linux: cant_migrate().
func CantMigrate() {
	if preempt.Debugging() && movable() {
		preempt.Raise("assuming non migratable context")
	}
}
