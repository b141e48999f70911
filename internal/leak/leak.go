// Package leak compares the process before and after something, usually all
// tests of a package: goroutines, threads, POSIX timers, file descriptors, the
// signal mask and dispositions, the CPU affinity.
//
// Threads need care. Go keeps the threads that it has started, so a new thread
// is no leak. A thread that was a virtual CPU must be gone, though, and what
// tells such a thread from one of Go's idle ones is that it is pinned: Go never
// sets an affinity. So a thread counts as leaked if its affinity differs from
// the process's, that is, its main thread's, and was not so before. In a process
// that may use one CPU only this shows nothing; then it is the timer of the
// virtual CPU that gives the thread away, for each has one.
//
// What else Go keeps is left out too. The poller's descriptors are opened before
// the first look; the goroutine of os/signal stays once it has started; pipes
// that io.Copy uses for splice are in a pool, which garbage collection empties,
// so Diff collects when it finds pipes. A pipe that the program has forgotten
// may be closed by that as well, one that it still holds is found.
//
// On systems without Linux's /proc only goroutines are compared.
package leak

import (
	"runtime"
	"slices"
	"time"
)

// Patience is how long Diff waits for what ends asynchronously.
const Patience = 2 * time.Second

// collections is how many garbage collections, each with a look after it, a pipe
// that is found has outlived: two empty a pool, and what is closed by the second
// is closed by a goroutine that may be late. On a machine with much else to do
// these may take longer than Patience.
const collections = 5

// manyProcs is more than any test has.
const manyProcs = 64

// Snapshot is what the process has at one moment.
type Snapshot struct {
	goroutines map[string]string // stacks by "goroutine 7"
	process    process
	err        error // why the snapshot is not complete
}

// Take takes a snapshot. Context: any goroutine; it stops the world.
func Take() Snapshot {
	process, err := takeProcess()
	return Snapshot{goroutines(), process, err}
}

// Diff returns what the process has now and did not have then, a finding each,
// nil if it is clean. The goroutine that calls does not count. It looks again
// for up to Patience before it believes a finding. Context: may block.
func (s Snapshot) Diff() []string { return s.diffWithin(Patience) }

func (s Snapshot) diffWithin(patience time.Duration) []string {
	collected := 0
	for end, pause := time.Now().Add(patience), time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		found := s.diff(Take())
		pipes := slices.ContainsFunc(found, isPipe)
		if len(found) == 0 || time.Now().After(end) && (!pipes || collected >= collections) {
			return found
		}
		if pipes {
			// Go forgets the cleanups that a P had queued when a test lowered
			// GOMAXPROCS, until there are as many Ps again.
			procs := runtime.GOMAXPROCS(manyProcs)
			runtime.GC()
			runtime.GOMAXPROCS(procs)
			collected++
		}
		time.Sleep(pause)
	}
}

// diff returns what now has and s has not.
func (s Snapshot) diff(now Snapshot) (found []string) {
	for _, err := range []error{s.err, now.err} {
		if err != nil {
			found = append(found, "cannot look: "+err.Error())
		}
	}
	for id, stack := range now.goroutines {
		if _, ok := s.goroutines[id]; !ok {
			found = append(found, "goroutine: "+stack)
		}
	}
	found = append(found, s.process.diff(now.process)...)
	slices.Sort(found)
	return found
}
