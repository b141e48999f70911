package gpm

import (
	"time"

	"github.com/gokern/gokern/preempt"
)

// Stats is a snapshot of what a kernel has done since Boot. Counters of
// different CPUs are read one after the other, without stopping them.
type Stats struct {
	CPUs  []CPUStats
	Total CPUStats // sums; ID is -1
	Tasks int      // that live
	RT    int      // FIFO, RR and Deadline tasks, and the kernel's own, that wait for a CPU

	Preemption preempt.Model // in force now
}

// CPUStats is what one virtual CPU has done.
type CPUStats struct {
	ID       int
	Pin      int // CPU of the machine, -1: not pinned
	Online   bool
	Thread   int // its thread's number
	Task     int64
	Runnable int           // tasks that wait for it
	Busy     time.Duration // running tasks

	Switches   uint64 // tasks switched in
	Migrations uint64 // of them, those that ran elsewhere before
	Pulls      uint64 // taken from other CPUs' queues
	Pushes     uint64 // times it had another CPU take a FIFO, RR or Deadline task that waited here
	Sleeps     uint64 // idle for long enough to sleep
	Departures uint64 // its thread went with a task that blocked locked to it
	Throttles  uint64 // Deadline tasks that had used up their budget
	Polls      uint64 // times it asked Go's network poller
	Fetches    uint64 // times it woke tasks that Go's own threads had found there
	Handovers  uint64 // its P was given to Go, for a stopped world

	Interrupts uint64 // of all kinds
	Ticks      uint64
	Timers     uint64 // of high-resolution timers: ends of Sleep
	IPIs       uint64
	Masked     uint64 // that came while interrupts were masked
	Wants      uint64 // ticks that found a preemptible task whose slice had ended
	Misses     uint64 // of those, not switched before the next tick

	Async       uint64 // tasks preempted between any two instructions
	Sync        uint64 // tasks preempted at a function's prologue
	Yields      uint64 // tasks that called Gosched or were made to by a mutex
	Parks       uint64 // tasks that blocked
	Stops       uint64 // tasks stopped by the garbage collector
	Deferred    uint64 // requests of Go's put off to the end of an atomic section
	AtomicParks uint64 // tasks that blocked while atomic: each a BUG
	Declined    uint64 // sections that ended without the switch that was wanted, by the preemption model
}
