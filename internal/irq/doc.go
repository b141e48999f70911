// Package irq is what package signals, which has the face of interrupts, softirqs
// and timers, and package gpm, which has the CPUs, need of each other: each CPU's
// timers, and its queue of what its interrupt task is to do. Not for users.
//
// # The story
//
// Users' callbacks cannot run in a signal handler or on g0: Go code there may not
// allocate, grow its stack or be instrumented. So a CPU has an interrupt task,
// of a priority above all users', pinned, and blocked while there is nothing to
// do. What a signal handler or another CPU wants done is put on a list under the
// CPU's lock, on g0, and the task is woken. As any task it cannot run while
// interrupts are masked or preemption is off on its CPU, so it comes when an
// interrupt could; it runs callbacks with the preempt_count raised, so nothing
// preempts them.
//
// # Who owns what
//
// All words of a CPU here are protected by its lock, which is taken on g0 only
// (its holder cannot be preempted), unless they say otherwise. A Timer has a lock
// of its own, taken before the CPU's: it serialises who starts and cancels, and
// protects which CPU the timer is with. So a timer's CPU changes only under the
// timer's lock while it is idle, and what the CPU itself does with it (expiry,
// callback) needs the CPU's lock only. A CPU's lock comes before a run
// queue's, for tasks are woken under it.
package irq
