// Package torture is what the tests of locks and of per-CPU data are built on: it
// puts a lock under everything that a kernel can do to the tasks that use it,
// and checks that the lock's promises hold all the time.
//
// Tasks of all priorities and some ordinary goroutines take the lock in all
// the ways that it has, hold it for a moment or long, and take several, one
// inside the other. Meanwhile time slices are as short as they may be, there
// are more virtual CPUs than the machine has, tasks that compute nothing
// useful preempt at random, others are moved from CPU to CPU and from priority to
// priority, all pause and start again at once, and the collector runs.
//
// Whoever is inside says so in a word of its own and looks at all others'; it
// changes data that must stay consistent; and at the end no change may be lost
// and nobody may have been left out. The words are written without atomic
// operations and unseen by the race detector, so that they add no ordering
// that the lock does not give, and the race detector watches a word of its own.
//
// A torture that finds nothing proves nothing, unless it finds what is there:
// package busted has locks that are broken in the usual ways, and each must be
// caught. Linux: kernel/locking/locktorture.c.
package torture
