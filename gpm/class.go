package gpm

// Class is a scheduling policy of the user's own, as sched_ext lets one have: it
// decides which of its tasks runs on which CPU, and for how long. On each CPU one
// task of the class at a time stands in for all of them, and shares the CPU with
// Normal tasks as one of nice 0. A task never runs on a CPU that its Attr.CPUs excludes,
// whatever the class says.
//
// The methods are called by a task of the kernel's own, one at a time, so they need
// no locks among themselves. They may do what any task may, but what they block on
// must not need a task of the class to go on; as long as one takes, the class
// decides nothing. A method that panics, returns a task that does not wait, or
// leaves one waiting for too long ends the class: its tasks become Normal.
// Linux: struct sched_ext_ops.
type Class interface {
	// Enqueue says that t waits for a CPU: it has become runnable, or its turn has
	// ended. Linux: ops.enqueue.
	Enqueue(t *Task)
	// Dequeue says that t, which waits, does so no more: its Attr was changed. It may
	// be enqueued again. Linux: ops.dequeue.
	Dequeue(t *Task)
	// Pick returns the task that cpu is to run next, of those that wait, nil for
	// none. It waits no more then. A task whose Attr.CPUs excludes cpu, or that is in a
	// section of percpu.MigrateDisable elsewhere, runs on a CPU that it may run on, beside
	// whom the class has there; it has cpu's place nevertheless, so that nobody else is
	// picked for cpu until its turn has ended. Linux: ops.dispatch.
	Pick(cpu int) *Task
	// Tick is called each Config.Slice while t, which Pick has returned for cpu, runs and
	// others wait; if it returns true t's turn has ended. Linux: ops.tick.
	Tick(cpu int, t *Task) bool
	// Preempts reports whether t, which has just been enqueued, is to have the CPU
	// of cur, a task of the same class, whose turn has ended then. Linux:
	// scx_bpf_kick_cpu(SCX_KICK_PREEMPT).
	Preempts(t, cur *Task) bool
}

// firstClass is the Policy of the first registered class.
const firstClass Policy = 64

const maxClasses = 64
