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
}

// Idle states. Whoever queues a task for an idle CPU sets idleAwake and does
// what the old state asks for.
const (
	idleAwake    = iota // runs tasks, or is about to look for one
	idlePolling         // looks again and again
	idleSleeping        // sleeps in a futex, with its P
	idleParked          // is blocked as Go blocks goroutines, without a P
)

// main is the idle goroutine, from Boot to Shutdown. It returns still locked,
// so that the thread ends with it.
func (c *vcpu) main(ready chan<- error, done func()) {
	defer done()
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// The main thread cannot end: let another have this CPU.
		again := make(chan struct{})
		go func() { c.main(ready, func() {}); close(again) }()
		<-again
		runtime.UnlockOSThread()
		return
	}
	if c.pin >= 0 {
		c.pinSet.Set(c.pin)
		if err := unix.SchedSetaffinity(0, &c.pinSet); err != nil {
			ready <- err
			return
		}
		goport.SetPin(&c.Block, &c.pinSet, &c.k.wide)
	}
	id, err := goport.NewTimer()
	if err != nil {
		ready <- err
		return
	}
	c.tid = int32(unix.Gettid())
	c.TimerID = id
	goport.Attach(&c.Block)
	ready <- nil
	c.loop()
	goport.Detach(&c.Block)
	goport.DeleteTimer(id)
}

// loop runs tasks, and sleeps when there are none.
func (c *vcpu) loop() {
	for {
		goport.RunTasks(&c.Block)
		switch {
		case goport.GCWaiting():
			c.yields++
			goport.YieldP()
		case cpu.Load32(&c.quit) != 0:
			return
		default:
			c.sleep()
		}
	}
}
