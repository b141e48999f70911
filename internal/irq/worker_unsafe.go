//go:build linux && amd64 && go1.25 && !go1.28

package irq

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/preempt"
)

// Worker is a task of the kernel's own on a CPU: it sleeps until it is woken. It
// is started when it is first needed.
type Worker struct {
	sleeper goport.Sleeper
	started bool   // claimed by whoever starts it; protected by the CPU's lock
	quit    uint32 // 1: it is to end
	ended   uint32 // 1: it has
}

// Sleep waits until the worker is woken; a wake-up since the last Sleep ends it at
// once. It returns false if the worker is to end. Context: the worker itself.
func (w *Worker) Sleep() bool {
	w.sleeper.Sleep()
	return cpu.Load32(&w.quit) == 0
}

// Ended says that the worker ends. Context: the worker itself, last of all.
func (w *Worker) Ended() {
	cpu.RaceReaderUnlocking(&w.ended)
	cpu.Store32(&w.ended, 1)
}

// wake wakes w, of c. If that is this CPU, and interrupts are masked, it runs when
// they are unmasked: as if its interrupt had come meanwhile. Context: g0 with c's
// lock.
//
//go:norace
func (c *CPU) wake(w *Worker) {
	w.sleeper.WakeOnG0()
	if b := cpu.This(); b == c.b && (b.IRQOff != 0 || b.HardOff != 0) {
		b.Pending = 1
	}
}

type workerArgs struct {
	c  *CPU
	w  *Worker
	ok bool
}

// ensure starts w, of c, with main, unless that has been done. It returns false
// if the kernel ends.
func (c *CPU) ensure(w *Worker, level int, name string, main func()) bool {
	// From the claim to the start the caller must not be preempted: others rely on
	// the worker to be there.
	task := preempt.TryDisableCPU() >= 0
	a := workerArgs{c: c, w: w}
	goport.CallOnG0(claimOnG0, unsafe.Pointer(&a))
	if a.w != nil && a.ok {
		Spawn(c, level, name, main)
	}
	if task {
		preempt.Enable()
	}
	return a.ok
}

//go:norace
func (w *Worker) isStarted() bool { return w.started }

// claimOnG0 leaves a.w nil if another has claimed it. Whoever has claimed it starts
// it, whatever comes: Close waits for its end.
//
//go:norace
func claimOnG0(p unsafe.Pointer) {
	a := (*workerArgs)(p)
	a.c.acquire()
	a.ok = !a.c.dead
	switch {
	case a.w.started:
		a.ok, a.w = true, nil
	case a.ok:
		a.w.started = true
	}
	a.c.release()
}

//go:norace
func wakeWorkerOnG0(p unsafe.Pointer) {
	a := (*workerArgs)(p)
	a.c.acquire()
	a.c.wake(a.w)
	a.c.release()
}

func (c *CPU) wakeWorker(w *Worker) {
	a := workerArgs{c: c, w: w}
	goport.CallOnG0(wakeWorkerOnG0, unsafe.Pointer(&a))
}

// Main functions, which package signals sets: what a worker does until Sleep
// returns false.
var (
	MainIRQ      func(c *CPU, w *Worker)
	MainSoftIRQD func(c *CPU, w *Worker)
	MainStopper  func(c *CPU, w *Worker)
	MainThread   func(c *CPU, w *Worker, level int)
)

// EnsureIRQ has the interrupt task there, and reports whether the kernel goes on.
func (c *CPU) EnsureIRQ() bool {
	return c.irq.isStarted() || c.ensure(&c.irq, LevelIRQ, "irq", func() { MainIRQ(c, &c.irq) })
}

// WakeSoftIRQD has ksoftirqd run.
func (c *CPU) WakeSoftIRQD() {
	if c.softirqd.isStarted() || c.ensure(&c.softirqd, 0, "ksoftirqd", func() { MainSoftIRQD(c, &c.softirqd) }) {
		c.wakeWorker(&c.softirqd)
	}
}

// EnsureStopper has the stopper there, and reports whether the kernel goes on.
func (c *CPU) EnsureStopper() bool {
	return c.stopper.isStarted() || c.ensure(&c.stopper, LevelStop, "stopper", func() { MainStopper(c, &c.stopper) })
}

// WakeStopper has the stopper, which is there, run.
func (c *CPU) WakeStopper() { c.wakeWorker(&c.stopper) }

// ensureThread has the timer thread of a priority there.
func (c *CPU) ensureThread(level uint8) bool {
	th := c.thread(level)
	if th == nil {
		a := threadArgs{c: c, level: level, th: newThread()}
		goport.OnG0(threadOnG0, unsafe.Pointer(&a))
		th = c.thread(level)
	}
	return th.isStarted() || c.ensure(&th.Worker, int(level), "timers", func() { MainThread(c, &th.Worker, int(level)) })
}

//go:norace
func (c *CPU) thread(level uint8) *thread { return c.threads[level] }

//go:norace
func newThread() *thread { return new(thread) }

type threadArgs struct {
	c     *CPU
	level uint8
	th    *thread
}

//go:norace
func threadOnG0(p unsafe.Pointer) {
	a := (*threadArgs)(p)
	a.c.acquire()
	if a.c.threads[a.level] == nil {
		a.c.threads[a.level] = a.th
	}
	a.c.release()
}
