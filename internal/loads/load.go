// Package loads is the work that the hammer test gives to goroutines and tasks.
//
// Every load does a bounded piece of ordinary work and then checks its own
// result: a register, a stack, a heap object or a counter that preemption has
// damaged becomes an error that says so. A load may run any number of times at
// once, on plain goroutines and on tasks, may be preempted between any two
// instructions, and has ended every goroutine that it started when it returns.
// Nothing in here knows the kernel.
package loads

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Load is one kind of work.
type Load struct {
	// Name is "group/what", unique.
	Name string
	// Run does the work once, about 0.1 to 2 ms of it, with inputs from r,
	// which it does not keep. The error says what was damaged. May block.
	Run func(r *rand.Rand) error
	// Heavy loads take up to some 20 ms, or stop the world, or start processes
	// or threads: a mix should have few of them.
	Heavy bool
	// Holds says that Run keeps its thread while it waits for a goroutine that
	// it started: locked to the thread, called from C, or in a system call. On
	// a task's thread, a virtual CPU, that goroutine cannot run then. If it is a
	// task as well (it inherits), as many of these loads at once as there are
	// virtual CPUs wait for ever.
	Holds bool
}

// patience is how long a load waits for what must come before it calls that
// lost. It is no measure of speed: a loaded machine may be slow.
const patience = 30 * time.Second

// All returns every load that this system and build have, and starts the
// servers that some of them share; see Close. Context: an ordinary goroutine,
// so that the servers' goroutines are ordinary too.
func All() []Load {
	startServers()
	return slices.Concat(
		registers, vectors, stacks, heap, collections, text, numbers,
		panics, routines, channels, locks, timers, coroutines, inspections,
		files, network, threads, processes, foreign,
	)
}

// damaged is the error of a load that found what wrong.
func damaged(what, format string, args ...any) error {
	return fmt.Errorf("%s damaged: %s", what, fmt.Sprintf(format, args...))
}

// repeat returns a Run that does f n times: f alone takes some microseconds.
func repeat(n int, f func(*rand.Rand) error) func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		for range n {
			if err := f(r); err != nil {
				return err
			}
		}
		return nil
	}
}
