// Package rcu is read-copy-update: readers that share data with updaters at next
// to no cost, and updaters that can wait for them. Linux's RCU is its model, with
// Linux's names.
//
//	rcu.ReadLock()                       old := config.Replace(next)
//	c := config.Dereference()            rcu.Synchronize()
//	... use c ...                        old.Close()
//	rcu.ReadUnlock()
//
// # What it is for, where memory is collected
//
// Go's garbage collector keeps whatever a reader still holds, so RCU is not needed
// to free memory. It is needed wherever the end of an object is more than that:
//
//   - It has a resource: a file to close, pages to unmap, a buffer that goes back
//     to a pool, a slot that is used anew. Whoever does that must know that no
//     reader is left. That is Synchronize, or Call.
//   - Something must not begin before all have seen a change: a flag that turns
//     a fast path off, a handler that was unregistered. That is Synchronize too.
//   - Readers must see a new object complete. That is Pointer's Assign and
//     Dereference.
//
// # Read-side sections
//
// From ReadLock to ReadUnlock the caller is in a read-side section. Sections nest.
// A reader may be preempted and moved to another CPU. It must not block (with
// the validator on that is reported): here that would work, but all that
// wait for a grace period would wait for it as well. Where readers have to block,
// use SRCU.
//
// Code with preemption disabled or interrupts masked is in a section as well, as
// in Linux since 4.20. Sections of different kinds that overlap count as one.
//
// Sections belong to tasks. An ordinary goroutine that calls ReadLock is a BUG:
// nothing tells the kernel when Go switches it. SRCU is for everyone.
//
// # Grace periods
//
// A grace period that begins now is over when every section that has begun
// before has ended. Synchronize waits for one; many that wait at the same time
// share it. SynchronizeExpedited interrupts the other CPUs in order to be quicker.
// Call has a function called after one. StartPoll and Poll do not wait at all.
//
// Without a kernel (before Boot, after Shutdown, on systems where there can be
// none) there are no tasks, so no readers, and a grace period is over at once.
//
// How it is done: internal/readers.
package rcu
