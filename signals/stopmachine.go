package signals

import (
	"fmt"
	"runtime"
	"sync"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// stopping serialises StopMachine, and Shutdown with it.
var stopping struct {
	sync.Mutex
	closed bool // the kernel ends
}

// stopJob is one StopMachine. Each of its counts is how many CPUs have come so far.
type stopJob struct {
	n      int32
	active [cpu.MaxCPUs]bool // those that call f
	f      func() error
	errs   [cpu.MaxCPUs]error

	arrived atomic.Int32 // its stopper runs there
	ready   atomic.Int32 // preemption is off there
	masked  atomic.Int32 // interrupts are masked there
	ran     atomic.Int32 // f has run, where it should
	left    atomic.Int32
	done    chan struct{}
}

// stopJobs is what each CPU's stopper is to do.
var stopJobs [cpu.MaxCPUs]atomic.Pointer[stopJob]

// StopMachine calls f on those of the CPUs listed that are online, nil: on the first
// that is, while all CPUs do nothing else: each has finished its atomic sections and
// spins with interrupts masked. (Ordinary goroutines go on.) A CPU that goes offline
// meanwhile may call it still. f must not block. It returns an error of f's. It
// starts when every CPU can run its stopper, a task of a priority above all
// users': one in a system call holds it up. Context: may block. Errors:
// ErrShutdown, ErrContext, ErrCPU, also if none of them is online (Linux then calls f
// nowhere and says nothing). Linux: stop_machine().
func StopMachine(f func() error, cpus []int) error {
	mustCall(f != nil, "StopMachine")
	if err := irq.CheckBlock("StopMachine"); err != nil {
		return err
	}
	stopping.Lock()
	defer stopping.Unlock()
	all := irq.All()
	if all == nil || stopping.closed {
		return ErrShutdown
	}
	j := &stopJob{n: int32(len(all)), f: f, done: make(chan struct{}, 1)}
	if err := j.choose(all, cpus); err != nil {
		return err
	}
	for i, c := range all {
		c.EnsureStopper() // it does, for the kernel has not refused anything yet
		stopJobs[i].Store(j)
	}
	// The first stoppers must not preempt who is to wake the others. Linux:
	// queue_stop_cpus_work().
	task := preempt.TryDisableCPU() >= 0
	for _, c := range all {
		c.WakeStopper()
	}
	if task {
		preempt.Enable()
	}
	<-j.done
	for _, err := range j.errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// choose says which CPUs call f.
func (j *stopJob) choose(all []*irq.CPU, cpus []int) error {
	some := false
	for _, n := range cpus {
		c, err := cpuAt(n)
		if err != nil {
			return err
		}
		if c.Online() { // a look each: it may change, and n be listed twice
			j.active[n], some = true, true
		}
	}
	for n := 0; cpus == nil && !some; n = (n + 1) % len(all) { // one always is
		j.active[n] = all[n].Online()
		some = j.active[n]
	}
	if !some {
		return fmt.Errorf("%w: none of %v is online", ErrCPU, cpus)
	}
	return nil
}

// stopperMain is the stopper of a CPU. Linux: cpu_stopper_thread().
func stopperMain(c *irq.CPU, w *irq.Worker) {
	defer w.Ended()
	returned := false
	defer irq.CheckReturn(&returned)
	for w.Sleep() {
		if j := stopJobs[c.ID()].Swap(nil); j != nil {
			j.stop(c)
		}
	}
	returned = true
}

// stop is what each CPU does, in step with the others. Linux: multi_cpu_stop().
//
// Where a CPU waits for others it must not keep those from coming. Until all
// stoppers run it can be preempted by interrupts, and stopped by Go. Then each
// disables preemption; but Go may have asked for something in between, so that some
// have stopped and wait for those that have not (a stopped world), or cannot come
// before those have answered (forEachP, called by a task). Who sees that, or an
// interrupt, goes back. As soon as all are ready nobody can be stopped any more, and
// nobody goes back.
func (j *stopJob) stop(c *irq.CPU) {
	j.arrived.Inc()
	for spins := 1; j.arrived.Load() < j.n; spins++ {
		j.yield(spins)
	}
	for !j.getReady() {
		for spins := 0; irq.Stopping(); spins++ {
			j.yield(spins)
		}
	}
	IRQDisable()
	j.await(&j.masked)
	if i := c.ID(); j.active[i] {
		c.Counts.Stops++
		j.errs[i] = j.f()
	}
	j.await(&j.ran)
	IRQEnable()
	preempt.Enable()
	if j.left.Inc() == j.n {
		j.done <- struct{}{}
	}
}

// yield passes time where the CPU may be taken away. A loop without a prologue
// could not be stopped where Go's asynchronous preemption is off.
func (j *stopJob) yield(spins int) {
	irq.Relax(spins)
	if spins%64 == 0 {
		runtime.Gosched()
	}
}

// getReady disables preemption and waits until all have. If somebody
// wants the CPU meanwhile it undoes that and returns false.
func (j *stopJob) getReady() bool {
	preempt.Disable()
	j.ready.Inc()
	for spins := 0; ; spins++ {
		n := j.ready.Load()
		switch {
		case n == j.n:
			return true
		case (irq.Stopping() || preempt.NeedResched()) && j.ready.CompareAndSwap(n, n-1):
			preempt.Enable()
			return false
		}
		irq.Relax(spins)
	}
}

// await waits until all have come to count.
func (j *stopJob) await(count *atomic.Int32) {
	count.Inc()
	for spins := 0; count.Load() != j.n; spins++ {
		irq.Relax(spins)
	}
}

// stopAll ends what the kernel has started for this package; package gpm calls it
// when all users' tasks have ended.
func stopAll() {
	freeIRQs()
	stopping.Lock()
	stopping.closed = true
	irq.Refuse()
	stopping.Unlock()
	irq.EndWorkers(false)
	irq.EndWorkers(true)
	dropTasklets()
	irq.Gone()
	stopping.Lock()
	stopping.closed = false
	stopping.Unlock()
	allowIRQs()
}
