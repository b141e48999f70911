//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"os"
	"runtime"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/irq"
	"golang.org/x/sys/unix"
)

// vcpu is one virtual CPU: a pinned thread, locked to its idle goroutine.
type vcpu struct {
	cpu.Block // first: the GS base of the thread points to it
	runqueue  // next: their cache line is the same

	cur *Task // runs now; nil: the idle goroutine does

	held    bool   // requeue has left the queue locked for pick
	curSlot int32  // the slot of cur's class that it stands for, 0: none
	curTurn uint32 // and which turn
	curOf   *class // and the class

	curGroup       *Group // where cur is counted, nil: nowhere
	curGroupWeight int64  // and as how much

	server  server // of Normal tasks that starve
	gave    bool   // the idle goroutine is to give the P to Go
	keptCut bool   // cut, of the kept task
	kept    *Task  // goes on though it passes through the scheduler; see preemption.go

	served uint64 // when it last looked after its P, by Now

	stuck      bool   // Go's queue of the P had work when last looked at
	stuckTurn  uint32 // and was at this turn
	stuckSince uint64 // since then, by Now
	naps       int    // short sleeps since it last ran a task

	busySince  uint64 // time-stamp counter when the CPU last became busy
	busyCycles int64  // counts spent running tasks, up to busySince
	switches   int64

	// Others look at these, and they hardly ever change.

	_      [64]byte
	k      *Kernel
	near   []*vcpu    // the CPU itself and all others, the nearest first; set before it starts
	levels []nearness // of each of them
	core   []*vcpu    // the others of the same core
	tid    int32
	idle   uint32 // what the idle goroutine does, an idle state
	quit   uint32 // 1: leave
	pin    int
	pinSet unix.CPUSet
	pushes int64 // by whoever queues here; atomic

	exceeded int64 // Deadline tasks that had used up their budget here; atomic

	irq irq.CPU // timers, and what its interrupt task is to do
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
// with it. ready is told once whether the CPU has started; done is called when it
// has stopped.
func (c *vcpu) main(ready chan<- error, done func()) {
	runtime.LockOSThread()
	if onMainThread() {
		// A CPU on the main thread works, but shows: tools take that thread's
		// affinity for the process's. Hold it until another goroutine has another.
		held := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(held)
			c.start(ready, done)
		}()
		<-held
		runtime.UnlockOSThread()
		return
	}
	c.start(ready, done)
}

// start is main once the thread is locked.
func (c *vcpu) start(ready chan<- error, done func()) {
	defer done()
	if c.pin >= 0 {
		c.pinSet.Set(c.pin)
	}
	goport.SetHost(&c.Block, &c.pinSet, &c.k.wide)
	c.set(goport.Gettid(), 0, 0)
	err := c.attach()
	if err != nil {
		err = fmt.Errorf("CPU %d: %w", c.ID, err)
	}
	ready <- err
	if err == nil {
		c.loop()
		goport.Detach(&c.Block)
		goport.DeleteTimer(c.TimerID)
		goport.DeleteTimer(c.HRTimer)
	}
	if onMainThread() {
		// The main thread cannot end: leave it as it was.
		goport.Unbind(&c.Block)
		runtime.UnlockOSThread()
	}
}

// set and thread are not instrumented: code on g0 reads the same words.
//
//go:norace
func (c *vcpu) set(tid, tick, hr int32) { c.tid, c.TimerID, c.HRTimer = tid, tick, hr }

// thread returns the number of the CPU's thread, 0 before it has one.
//
//go:norace
func (c *vcpu) thread() int { return int(c.tid) }

func onMainThread() bool { return int(goport.Gettid()) == os.Getpid() }

// attach makes the calling thread, which is locked, the CPU's. It must not
// allocate: that might have to wait for a garbage collection that a task, waiting
// for this CPU, is about to start.
func (c *vcpu) attach() error {
	if err := goport.Bind(&c.Block); err != nil {
		return err
	}
	goport.BlockInterrupt(false) // Go's threads keep what the process inherited as blocked
	tick, err := goport.NewTimer()
	if err != nil {
		return err
	}
	hr, err := goport.NewTimer()
	if err != nil {
		goport.DeleteTimer(tick)
		return err
	}
	c.set(goport.Gettid(), tick, hr)
	goport.Attach(&c.Block)
	// Who has just seen the CPU busy may send an interrupt to the thread that is
	// gone, or start its timer: neither is under way any more.
	cpu.Store32(&c.IPI, 0)
	cpu.Store32(&c.Armed, 0)
	cpu.Store32(&c.HRDue, 1) // for timers that ran on the thread that is gone
	return nil
}

// loop runs tasks, and sleeps when there are none, until the kernel shuts down.
func (c *vcpu) loop() {
	for {
		goport.RunTasks(&c.Block)
		switch {
		case cpu.This() != &c.Block:
			// The thread has gone with a task: take the one we run on now, and
			// the main thread only if there is no other.
			for tries := 0; tries < 20 && onMainThread(); tries++ {
				runtime.Gosched()
			}
			runtime.LockOSThread()
			if err := c.attach(); err != nil {
				panic(err) // the same calls have succeeded before
			}
			c.k.counts.departures.Inc()
		case goport.GCWaiting(), c.gave:
			c.gave = false
			c.k.counts.handovers.Inc()
			goport.YieldP()
		case cpu.Load32(&c.quit) != 0:
			return
		default:
			c.sleep()
		}
	}
}

// interrupt sends c an inter-processor interrupt, unless one is under way. If
// Linux cannot queue one (the user has as many signals queued as he may) a tick
// has to do. Context: g0, with a P.
//
//go:norace
func (c *vcpu) interrupt() {
	if cpu.Xchg32(&c.IPI, 1) == 0 && !goport.Interrupt(c.tid) {
		cpu.Store32(&c.IPI, 0)
		c.arm()
	}
}
