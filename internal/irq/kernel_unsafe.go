//go:build linux && amd64 && go1.25 && !go1.28

package irq

import (
	"time"
	"unsafe"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/heap"
)

// cpus are those of the running kernel; nil: there is none.
var cpus atomic.Pointer[[]*CPU]

// SetCPUs says which CPUs there are, in the order of their IDs.
func SetCPUs(list []*CPU) { cpus.Store(&list) }

// All returns the running kernel's CPUs, nil if there is none.
func All() []*CPU {
	if list := cpus.Load(); list != nil {
		return *list
	}
	return nil
}

// Here returns the CPU that the caller, a task, runs on; nil outside one. Unless
// the caller cannot be moved it may be elsewhere by now.
func Here() *CPU {
	all := All()
	if n := cpu.Number(); n >= 0 && n < len(all) {
		return all[n]
	}
	return nil
}

// Now returns the time of the clock that timers go by.
func Now() int64 { return goport.Nanotime() }

// Timed reports whether a task may wait here for a timer of its CPU: not in a bubble
// of testing/synctest, whose time is not the host's, nor locked to its thread, for
// then it leaves the kernel when it blocks. Context: a goroutine.
func Timed() bool { return !goport.Bubbled() && !goport.Locked() }

// Stopping reports whether Go wants to stop the world.
func Stopping() bool { return goport.GCWaiting() }

// Relax passes time in a loop that waits for another CPU. Its prologue is where Go
// can ask for a preemption, so it must not be inlined. Context: any.
//
//go:noinline
func Relax(spins int) {
	if spins%200 != 199 {
		cpu.Pause()
		return
	}
	goport.HostYield() // Linux may have taken that one's thread away
}

// Refuse has no CPU accept anything any more, and cancels timers that wait. What
// is queued else is still done. No user's task lives.
func Refuse() {
	for _, c := range All() {
		goport.OnG0(refuseOnG0, unsafe.Pointer(c))
	}
}

//go:norace
func refuseOnG0(p unsafe.Pointer) {
	c := (*CPU)(p)
	c.acquire()
	c.dead = true
	var sleepers heap.List // callbacks in tasks may sleep
	for c.heap.First != nil {
		n := nodeOf(c.heap.First)
		c.heap.Remove(&n.Node)
		if n.Timer != nil {
			n.Timer.state = idle
		} else {
			sleepers.Add(&n.Node)
		}
	}
	for n := sleepers.First; n != nil; n = sleepers.First {
		sleepers.Remove(n)
		c.heap.Insert(n)
	}
	c.note()
	c.drop(&c.due[Hard])
	c.drop(&c.due[Soft])
	for _, th := range c.threads {
		if th != nil {
			c.drop(&th.due)
		}
	}
	c.release()
}

//go:norace
func (c *CPU) drop(l *heap.List) {
	for l.First != nil {
		t := nodeOf(l.First).Timer
		l.Remove(&t.node.Node)
		t.state = idle
	}
}

// EndWorkers ends all tasks of the CPUs' own but ksoftirqd, or that one too, and
// waits for them. Refuse has been called.
func EndWorkers(softirqd bool) {
	for _, c := range All() {
		for _, w := range c.workers() {
			if w != &c.softirqd || softirqd {
				c.end(w)
			}
		}
	}
	for _, c := range All() {
		for _, w := range c.workers() {
			for (w != &c.softirqd || softirqd) && cpu.Load32(&w.ended) == 0 {
				time.Sleep(20 * time.Microsecond)
			}
			cpu.RaceLocked(&w.ended)
		}
	}
}

// workers returns those that have been started. After Refuse no more are.
//
//go:norace
func (c *CPU) workers() (all []*Worker) {
	for _, w := range []*Worker{&c.irq, &c.softirqd, &c.stopper} {
		if w.started {
			all = append(all, w)
		}
	}
	for _, th := range c.threads {
		if th != nil && th.started {
			all = append(all, &th.Worker)
		}
	}
	return all
}

func (c *CPU) end(w *Worker) {
	cpu.Store32(&w.quit, 1)
	c.wakeWorker(w)
}

// Gone says that the kernel's CPUs are no more.
func Gone() { cpus.Store(nil) }
