// Package workqueue runs functions later, in tasks of the kernel's own: what an
// interrupt, or whoever must not block, leaves to somebody who may. Linux: workqueue.
//
// # Guarantees
//
//   - A work item is never executed by two workers at a time, on whatever queues and
//     CPUs it is queued.
//   - To queue an item that is pending does nothing. It is pending until its function
//     is about to be called, which then sees all that was done before the call of
//     Queue, and from then on it may be queued again.
//   - Queue may be called in any context, in interrupts too: it takes no lock.
//   - A bound queue runs one item at a time on a CPU, as long as that one does not
//     block; when it blocks, the next begins. At most maxActive have begun.
//   - An ordered queue executes its items one by one, in the order of queueing.
//
// # The story
//
// Each CPU has a pool of workers for bound queues, and one for those of high
// priority; for unbound queues there are two more. A pool's manager is a task: it
// takes what Queue has put on the pool's list, hands it to workers, starts new ones
// and ends those that are idle for long. It is woken by Queue, by package gpm when a
// worker blocks while something waits, and by a worker that has nothing to do.
//
// What Queue does is two atomic operations, on the item's state and on that list, and
// a wake-up. All else is protected by one mutex, which tasks only take, and for
// moments.
//
// Shutdown waits for the items that are being executed, and forgets those that are
// pending.
package workqueue
