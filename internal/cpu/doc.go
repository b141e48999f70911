// Package cpu holds the per-CPU block: the few words that every layer of the
// kernel shares about one virtual CPU, and the GS base that leads to it.
//
// The problem: code that runs on a virtual CPU must find that CPU's data in a
// nanosecond, and must not be moved to another CPU between finding and using
// it. The idea is Linux's: the GS base of a kernel thread holds the address of
// its Block, and is zero on every other thread of the process. One NOSPLIT
// assembly function reads the base and uses it. Go never preempts assembly and
// such a function has no prologue, so nothing can come between the two.
//
// The alternative, a goroutine-local or thread-local variable, needs either
// cgo or a slot in the runtime's own TLS block; both were rejected.
//
// Everything here is safe in any context: in a task, on a scheduler stack
// (g0), in a signal handler, with any lock held.
package cpu
