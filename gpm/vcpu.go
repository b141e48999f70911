//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"golang.org/x/sys/unix"
)

// vcpu is one virtual CPU: a pinned thread, locked to its idle goroutine.
type vcpu struct {
	cpu.Block // first: the GS base of the thread points to it

	runqueue

	k   *Kernel
	cur *Task // runs now; nil: the idle goroutine does

	held    bool   // requeue has left the queue locked for pick
	curPrio int32  // cur's priority, -1 when idle; written under lock
	idle    uint32 // what the idle goroutine does, an idle state
	quit    uint32 // 1: leave

	tid    int32
	pin    int
	pinSet unix.CPUSet

	busySince  uint64 // time-stamp counter when the CPU last became busy
	busyCycles int64  // counts spent running tasks, up to busySince
	switches   int64
	migrations int64
	pulls      int64 // tasks taken from other CPUs' queues
	yields     int64 // times Go was given the P
	sleeps     int64 // times it went to sleep
	departures int64 // times a task took its thread away
}

// Idle states. Whoever queues a task for an idle CPU sets idleAwake and does
// what the old state asks for.
const (
	idleAwake    = iota // runs tasks, or is about to look for one
	idlePolling         // looks again and again
	idleSleeping        // sleeps in a futex, with its P
	idleParked          // is blocked as Go blocks goroutines, without a P
)

// main is the idle goroutine. It returns still locked, so that the thread ends
// with it; except where a task has taken the thread away: then another
// goroutine goes on with another thread. ready, if not nil, is told once whether
// the CPU has started; done is called when it has stopped for good.
func (c *vcpu) main(ready chan<- error, done func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		c.run(ready, done)
		return
	}
	// The main thread cannot end: hold it until another goroutine has another.
	held := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(held)
		c.run(ready, done)
	}()
	<-held
	runtime.UnlockOSThread()
}

// run is main once the thread is locked.
func (c *vcpu) run(ready chan<- error, done func()) {
	err := c.attach()
	if ready != nil {
		ready <- err
	} else if err != nil {
		panic(err) // the same calls have succeeded at Boot
	}
	if err != nil {
		done()
		return
	}
	if !c.loop() {
		go c.main(nil, done)
		return
	}
	goport.Detach(&c.Block)
	goport.DeleteTimer(c.TimerID)
	done()
}

// attach makes the calling thread the CPU's.
func (c *vcpu) attach() error {
	if c.pin >= 0 {
		c.pinSet.Set(c.pin)
		if err := unix.SchedSetaffinity(0, &c.pinSet); err != nil {
			return err
		}
		goport.SetPin(&c.Block, &c.pinSet, &c.k.wide)
	}
	// Where Linux takes a wish for long slices (6.12 and later) a thread that
	// wakes, as the one that polls the network for Go, preempts this one at once
	// instead of waiting for the end of its slice.
	if attr, err := unix.SchedGetAttr(0, 0); err == nil && attr.Policy == unix.SCHED_NORMAL {
		attr.Runtime = 100_000_000 // ns, the longest
		_ = unix.SchedSetAttr(0, attr, 0)
	}
	id, err := goport.NewTimer()
	if err != nil {
		return err
	}
	c.tid = int32(unix.Gettid())
	c.TimerID = id
	goport.Attach(&c.Block)
	return nil
}

// loop runs tasks, and sleeps when there are none, until the kernel shuts down.
// It returns false if the thread has gone with a task.
func (c *vcpu) loop() bool {
	for {
		goport.RunTasks(&c.Block)
		switch {
		case cpu.This() != &c.Block:
			return false
		case goport.GCWaiting():
			c.yields++
			goport.YieldP()
		case cpu.Load32(&c.quit) != 0:
			return true
		default:
			c.sleep()
		}
	}
}
