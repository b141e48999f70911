package irq

import "errors"

// Errors that packages gpm and signals give names to.
var (
	ErrShutdown = errors.New("gokern: shut down")
	ErrNoCPU    = errors.New("gokern: no such CPU")
	ErrSource   = errors.New("gokern: bad source of interrupts")
	ErrBusy     = errors.New("gokern: busy")
	ErrContext  = errors.New("gokern: not allowed in this context")
)

// Ranks of the kernel's own tasks, above gpm.MaxPriority, which is 99, and Deadline
// tasks.
const (
	MaxPriority = 99
	LevelStop   = 101 // stoppers: StopMachine
	LevelIRQ    = 102 // interrupt tasks
)

// Where a timer's callback runs.
const (
	Hard   = iota // in the interrupt task
	Soft          // in the softirq of timers
	Thread        // in the timer thread of its CPU and Level
)

// Numbers of the softirqs that this package raises; package signals has all.
const HRTimerSoftIRQ = 8

// What a CPU has done; each word is written by the CPU itself.
type Counts struct {
	Timers [3]uint64 // expired timers whose callbacks have run, by context
	Calls  uint64    // functions that other CPUs or goroutines had it call
	Works  uint64    // IRQWork
	Stops  uint64    // StopMachine
	Nobody uint64    // requested interrupts that no handler wanted
	Soft   [32]uint64
}

// Device is what the CPU's block has counted.
type Device struct {
	Ticks, HRTimer, IPIs, Masked uint64
}

// Work is something that the interrupt task of a CPU is to do.
type Work struct {
	next *Work
	Fn   func()
	User any  // the function of users' that Fn calls, for reports; nil: none
	Call bool // counts as a function call, not as IRQWork
	race uint32
}

// Race is what the race detector knows by that w is queued before it is done.
func (w *Work) Race() *uint32 { return &w.race }

// Batch is what a line has, of interrupts: how many, when the first came, and the
// last, by Now.
type Batch struct {
	Count       uint32
	First, Last int64
}

// What package gpm does for package signals; gpm's init sets them.
var (
	// Spawn starts fn as a task of the kernel's own, which ends before the kernel
	// does and is not counted. Context: any goroutine.
	Spawn func(c *CPU, level int, name string, fn func())
	// SpawnMovable is Spawn for a task that may be moved to another CPU, by what is
	// returned, if level is one of users'; c nil: on any. That one reports whether the
	// CPU is online and the task lives, else nothing changes.
	SpawnMovable func(c *CPU, level int, name string, fn func()) (move func(*CPU) bool)
	// SpawnWorker is Spawn for a task that w is told of when it blocks; c nil: on any
	// CPU, level below 0: a Normal task of that nice value. The task reports whether it
	// is blocked.
	SpawnWorker func(c *CPU, level int, name string, w *Watch, fn func()) (blocked func() bool)
	// Kick has CPU c look around if it is idle. Context: g0.
	Kick func(c *CPU)
)

// What package signals does for packages gpm and workqueue; signals' init sets it.
var (
	// Stop ends what Spawn has started. Context: an ordinary goroutine; no user's
	// task lives.
	Stop func()
	// CheckTask reports f, a function of users' that the calling task has called in no
	// section and that has returned, if it has left one open, and ends that.
	CheckTask func(what string, f any)
	// StopWork ends what package workqueue has started, before Stop; it may be nil.
	StopWork func()
)
