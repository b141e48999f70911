// Package percpu is data of which each CPU has its own, and the number of the
// CPU that a task is on.
//
// Data of one CPU needs no lock against other CPUs, but it does against the task
// being preempted in the middle and another on the same CPU finding it half
// changed, or the task going on elsewhere. There are two ways:
//
//	for each CPU   an integer, a pointer             anything
//	is made by     NewWord, NewPointer               NewVar
//	used by        Add, Xchg, ...: each of them is   GetPtr ... PutPtr: preemption
//	               one instruction, or as good       is off in between
//	cost           as plain memory                   two such instructions more
//
// Counter and Pool are made of these. Of, Sum and Each read from anywhere, also
// from ordinary goroutines and without a kernel. All else needs a CPU: an
// ordinary goroutine has none, and to use it there is a BUG (package preempt),
// unless it is said that it works there too. A task in gpm.Outside, or one that
// has gone with its thread (it blocked locked to it), is an ordinary goroutine.
//
// Linux's names are the same or close: get_cpu is GetCPU, this_cpu_add is
// Word.Add, __this_cpu_add is Word.Checked().Add, per_cpu_ptr is Var.Of. What is
// checked is checked if preempt.SetDebug is on.
package percpu
