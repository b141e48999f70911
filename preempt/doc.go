// Package preempt is Linux's model of kernel preemption for tasks: a
// preempt_count for each CPU, need-resched, and the places where a task may be
// switched out.
//
// A task may be preempted between any two of its instructions while the count
// of its CPU is zero and interrupts are not masked. Disable raises the count,
// Enable lowers it and, if it has become zero and somebody wants the CPU,
// reschedules. Sections nest, with each other and with softirq, hardirq and
// NMI sections, which count in bits of their own:
//
//	bits     mask         what
//	0-7      0x000000ff   preempt   Disable, spinlocks
//	8-15     0x0000ff00   softirq   being served, or disabled
//	16-19    0x000f0000   hardirq   being served
//	20-23    0x00f00000   NMI       being served
//	24       0x01000000   PREEMPT_ACTIVE: preempt_schedule is at work
//	31       0x80000000   need-resched, inverted: set when nobody wants the CPU
//
// As need-resched is folded in inverted, the whole word is zero exactly if the
// count is zero and a reschedule is wanted: Enable is one decrement and one
// branch on the zero flag (and one more, never taken, that finds a count that
// would go below zero).
//
// That is the model Full. Others, chosen at Boot or at run time, preempt less: see
// Model.
//
// The count belongs to the CPU, not to the task: a task is switched out only
// with a count of zero, so one that is switched in starts from zero (a new one
// from one, as after a fork, until its first instructions drop it).
//
// Unlike on Linux, a section must not spin until another CPU has done something, but for
// the end of a section there (a lock): Go's collector stops all others, and waits for
// the section's end. Nor until an ordinary goroutine has: where others compute on all
// other Ps it may need this CPU's. The same holds for a loop with interrupts masked.
//
// What is not allowed is a BUG, which names the caller and the count and
// panics unless SetBugHandler says otherwise: Enable without Disable, a count
// within 10 of its mask, blocking or Gosched with the count raised
// ("scheduling while atomic": the CPU stalls with the task meanwhile), use
// outside a task.
package preempt
