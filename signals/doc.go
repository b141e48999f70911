// Package signals is the kernel's interrupts: POSIX signals that arrive between
// any two instructions of a task.
//
// A virtual CPU has one interrupt signal. Its own timer sends it for the tick,
// and other threads send it to have the CPU look at its run queue (an
// inter-processor interrupt). Both enter one assembly routine
// (internal/goport/interrupt_amd64.s), which marks need-resched and, if the
// preempt_count is zero and interrupts are not masked, has the task preempted on
// the way out. Go's own signals, and the program's, pass by untouched.
//
// Interrupts can be masked in three ways:
//
//   - softly, by a flag in the per-CPU block, as Linux's local_irq_disable: the
//     handler sees the flag, notes the interrupt as pending and returns;
//     enabling replays it. A few nanoseconds.
//   - counted, as Linux's local_interrupt_disable: sections nest and the
//     outermost end unmasks.
//   - hard, by the thread's signal mask: the handler does not run at all. Two
//     system calls; for code that must not be interrupted even for that.
//
// All of them keep the caller on its CPU. A task must not block while
// interrupts are masked.
package signals
