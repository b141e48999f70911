// Package cpu holds the per-CPU block: the few words that every layer of the
// kernel shares about one virtual CPU, and the GS base that leads to it.
//
// The problem: code that runs on a virtual CPU must find that CPU's data in a
// nanosecond, and must not be moved to another CPU between finding and using
// it. The idea is Linux's: the GS base of a thread leads to its Block, and one
// instruction with a GS prefix finds and changes a word of it. It holds the
// distance of the Block from the variable Outside, so that the base of an
// ordinary thread, which is zero, leads to Outside and needs no special case.
// Where more than one word is used, one NOSPLIT assembly function does it: Go
// never preempts assembly and such a function has no prologue, so nothing can
// come between. (Reading the base itself, RDGSBASE, took 4 to 7 ns on a virtual
// machine, a load through it 1.)
//
// The alternative, a goroutine-local or thread-local variable, needs either
// cgo or a slot in the runtime's own TLS block; both were rejected.
//
// Everything here is safe in any context: in a task, on a scheduler stack
// (g0), in a signal handler, with any lock held.
package cpu
