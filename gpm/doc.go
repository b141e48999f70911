// Package gpm is the kernel: tasks (G), their run queues and classes (P), and the
// threads that are virtual CPUs (M).
//
//	k, err := gpm.Boot(gpm.Config{})
//	...
//	k.Spawn(gpm.Attr{Policy: gpm.FIFO, Priority: 50}, handleRequests)
//	k.Spawn(gpm.Attr{}, crunch)
//
// # The story
//
// Go's scheduler runs every goroutine it can as soon as it can, but has no
// priorities and takes a CPU away after ten milliseconds at the earliest: beside
// a few goroutines that compute, one that has a short thing to do waits for
// tens of milliseconds. The kernel runs goroutines, plain ones with everything
// they may do, by other rules: strict priorities, short slices, preemption
// between any two instructions as soon as something better can run.
//
// Each virtual CPU is a thread, locked to a goroutine of its own (the idle
// task) and pinned to a CPU of the machine. It has a run queue with a list for
// each rank (runqueue.go): Deadline tasks (deadline.go) come before priorities, and
// those before Normal tasks, which share the CPU by EEVDF (fair.go), as members of
// their groups (group.go). A user's class (classagent.go) decides which of its tasks
// are among them. A task that becomes runnable goes to the best CPU's queue; if
// its priority is higher than what runs there that CPU gets an inter-processor
// interrupt and switches. A CPU without work pulls from others, polls briefly,
// and sleeps. The tick timer runs only while there is something to switch to.
//
// How a goroutine is taken from Go's scheduler is internal/goport's story.
// Rejected: an own scheduler in C with its own stacks (no goroutine could run
// on it), a patched toolchain (nobody would deploy it).
//
// # Contexts
//
// Doc comments say where a function may be called: "an ordinary goroutine" is
// one that is no task; "a task that may block" has preemption and interrupts
// on.
package gpm
