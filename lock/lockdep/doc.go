// Package lockdep is the validator of the locks: it proves their rules from what
// single tasks do, so that no deadlock has to happen for one to be found. Linux's
// lockdep is its model.
//
// It is off by default and costs one branch for each operation then. Enable
// turns it on; locks that are created while it is on have the place of their
// creation as their class. What it finds goes to the handler, or is a panic.
//
// # What it knows
//
// Each lock belongs to a class: all locks created at one place, or by one name,
// or a single one that nobody initialised. Whenever a task takes a lock while it holds
// others, the graph gets an edge from their classes to the new one. A circle in
// the graph is a deadlock that can happen, although each task's sequence has been
// harmless so far. An edge says in what way the two were taken, since readers
// that do not wait for waiting writers make some circles harmless (Linux's
// Documentation/locking/lockdep-design has the theory):
//
//	E, S   the first is held exclusively, or shared
//	R, N   the second is taken by a recursive reader, or in another way
//
// A circle is a deadlock unless some R in it is followed by an S.
//
// A class is safe for hard (or soft) interrupts if it is taken in one, and unsafe
// if it is held with them enabled; no safe class may lead to an unsafe one, for
// the interrupt is an edge from the unsafe class to the safe one.
//
// # Where it runs
//
// Locks are taken in any context, so the validator must work in any. Its data are
// arrays allocated by Enable, and its code runs on g0, where nothing preempts it,
// and neither allocates nor blocks. A task is known by its goroutine, also
// while it is outside the kernel; a coroutine of iter.Pull is one of its own.
package lockdep
