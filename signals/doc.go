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
//
// # What users build on
//
//   - HRTimer calls a function at a time: as a hard interrupt, in a softirq, or in
//     a task.
//   - OpenSoftIRQ and RaiseSoftIRQ, and Tasklet, have a function called when the
//     CPU may, after hard interrupts and before tasks.
//   - SMPCallFunctionSingle and its kin, and IRQWork, have a CPU call a function;
//     StopMachine calls one while all CPUs do nothing else.
//   - RequestIRQ has a task, and before it a hard interrupt, serve POSIX signals,
//     eventfds and timerfds.
//   - Interrupts and SoftIRQCounts say how often.
//
// Users' functions never run in the signal handler: Go code there may neither
// allocate nor grow its stack. They run in a task that each CPU has for that, its
// interrupt task, of a priority above all users', in the context that Linux has:
// the preempt_count says hard interrupt or softirq, and nothing preempts them. It
// starts with the first use and ends with Shutdown, which cancels what waits. As an
// interrupt it does not come while interrupts are masked; unlike one it does not
// come with preemption off either, so it cannot run into a section of
// preempt.Disable. A callback must not block: that is "scheduling while atomic".
// Softirqs follow on its way out, for at most 10 rounds and 2 ms; the rest is done
// by the CPU's ksoftirqd, a Normal task.
package signals
