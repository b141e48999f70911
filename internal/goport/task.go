package goport

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// Task is what the hooks know of a task. It is the first field of gpm.Task, and
// its own first word is the mark by which a hook tells a task from a coro
// (whose first word is a g's address) in g.coroarg.
type Task struct {
	magic  uint64
	Reader uint32         // RCU: depth of read-side sections, and ReaderSpecial; see internal/readers
	flags  uint32         // directly after Reader: the hooks look at both at once
	g      uintptr        // its goroutine; a coroutine of iter.Pull while one runs in its place
	saved  unsafe.Pointer // what g.coroarg held before the mark
	count  uint32         // preempt_count while it is switched out: 0, 1 or Active
	// Not 0: no CPU and no queue has it, or is about to; see Out. 2: the collector has
	// stopped it.
	out     uint32
	cycles  int64  // time-stamp counts it has run, up to its last switch
	running uint32 // number of the CPU that runs it, plus 1; 0: none

	noMigrate uint32 // > 0: it must stay on its CPU, nested so often

	// Up to here it changes with each switch, and is one cache line.

	stayed  uint32 // 1: it did, and should be elsewhere
	inherit uint32 // 1: goroutines it starts become tasks
	fn      func() // what it was started with; also keeps it on the heap
	single  bool   // it is allowed on one CPU only

	Reading Reading // RCU: what matters only once it has been switched out in a section
}

// Reading is a task's place on a list of internal/readers, under whose lock it is.
type Reading struct {
	Next, Prev *Task
	Listed     bool
	Blocked    bool // it has blocked in the section, and not only been preempted
}

// Cycles returns the time-stamp counts that t has run, up to its last switch.
//
//go:norace
func (t *Task) Cycles() int64 { return t.cycles }

// SetNotified says whether Scheduler.Reading is to be called whenever t leaves its CPU.
// Context: g0 of the CPU that runs t, or t has ended.
//
//go:norace
func (t *Task) SetNotified(yes bool) {
	t.flags &^= flagNotified
	if yes {
		t.flags |= flagNotified
	}
}

// Notified reports what SetNotified has said.
//
//go:norace
func (t *Task) Notified() bool { return t.flags&flagNotified != 0 }

// Scheduled reports whether t, which has just left its CPU and can run, did so in
// preempt_schedule, by its own decision.
//
//go:norace
func (t *Task) Scheduled() bool { return t.count&cpu.Active != 0 }

// Running returns the number of the CPU that runs t, plus 1; 0 if none does.
//
//go:norace
func (t *Task) Running() uint32 { return t.running }

// taskMagic is odd, so it is no g's address.
const taskMagic = 0x676f6b65726e5421

const (
	flagLeaving  = 1 << iota // the park under way leaves the kernel
	flagAway                 // it went with its thread; see away_unsafe.go
	flagNotified             // Scheduler.Reading is to be called for each leave
)

// Init makes t a task; its goroutine comes with Start, Enter or the Child upcall.
func (t *Task) Init(inherit bool) {
	t.magic = taskMagic
	t.flags = 0
	t.noMigrate, t.stayed = 0, 0
	t.out = 1
	t.SetInherit(inherit)
}

// Clear makes t, which has ended, as good as new.
//
//go:norace
func (t *Task) Clear() {
	t.g, t.saved, t.fn = 0, nil, nil
	t.cycles = 0
	t.out = 1
}

// Out reports whether t is blocked, away with its thread, not started or gone:
// whoever wakes it reads its attributes anew. Out is said after the last use of
// the old ones, and In before the first of the new: who changes an attribute,
// then passes a barrier and sees Out need do nothing. Context: any.
//
//go:norace
func (t *Task) Out() bool { return t.out != 0 }

// Blocked is Out, but for a task that only the collector has stopped, to look at its
// stack.
//
//go:norace
func (t *Task) Blocked() bool { return t.out == 1 }

// In ends Out. A barrier must follow before t's attributes are read.
//
//go:norace
func (t *Task) In() { t.out = 0 }

// SetInherit changes whether goroutines that t starts become tasks.
func (t *Task) SetInherit(inherit bool) {
	t.inherit = 0
	if inherit {
		t.inherit = 1
	}
}
