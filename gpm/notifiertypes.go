package gpm

import "time"

// PreemptNotifier tells a task that it has been off its CPU, and others where it is.
// Linux: struct preempt_notifier.
//
// Linux calls sched_out and sched_in in the middle of a switch. Here that is on a stack
// where Go code may neither allocate nor block nor be watched by the race detector, and
// the task goes on between any two instructions, where no function can be called for it. So
// the kernel only notes the switch, and the task calls the functions itself, by Deliver, in
// front of what depends on them. What others want to know at once is there to be read.
//
// The functions must be set before Register. The zero PreemptNotifier has none. It must
// not be copied after Register.
type PreemptNotifier struct {
	// SchedOut is called, by Deliver, if the task has been off its CPU: what it had
	// there, others may have used since. preempted says that it could have gone on, the
	// last time. Linux: preempt_ops.sched_out.
	SchedOut func(preempted bool)
	// SchedIn is called after it: the task is on CPU number cpu now, and stays there as
	// long as Deliver's caller keeps preemption disabled. Linux: preempt_ops.sched_in.
	SchedIn func(cpu int)

	notes
}

// WakeUp is how a task came to run again after it had blocked: when, by time.Now's
// monotonic clock, to a microsecond or so.
type WakeUp struct {
	// Woken: what it waited for has come, and somebody said so. Linux: sched_waking.
	Woken time.Time
	// Queued: it was on the queue of a CPU. Linux: sched_wakeup.
	Queued time.Time
	// Picked: that CPU had stopped what it did, by an interrupt if that was in the way,
	// and began to choose what it runs next, the task.
	Picked time.Time
	// Ran: the CPU was its own. Linux: sched_switch.
	Ran time.Time
	// By is the number of the CPU on which the waker ran, a task or the CPU itself; -1:
	// some other thread.
	By int
}
