package signals

import (
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
)

// IRQWork is a function that a CPU calls as a hard interrupt, once for any number
// of Queues before that. Linux: struct irq_work.
type IRQWork struct {
	fn    func(*IRQWork)
	state atomic.Uint32
	race  uint32
}

// An IRQWork's state: pending until the function is about to be called, and how often
// it is pending or running.
const (
	workPending = 1 << iota
	workBusy
)

// NewIRQWork returns an IRQWork that calls fn, which must not block. fn may queue
// it again. Context: any. Linux: init_irq_work().
func NewIRQWork(fn func(*IRQWork)) *IRQWork {
	mustCall(fn != nil, "a new IRQWork")
	return &IRQWork{fn: fn}
}

// Queue queues it on this CPU, or, by an ordinary goroutine, on any that is online, and
// reports whether it was not queued already. Context: any. Errors: ErrShutdown. Linux:
// irq_work_queue().
func (w *IRQWork) Queue() (queued bool, err error) {
	c := irq.Here()
	if c == nil {
		all := irq.All()
		if all == nil {
			return false, ErrShutdown
		}
		c = irq.AnyCPU(all)
	}
	return w.queue(c)
}

// QueueOn is Queue on CPU n, which calls it also while it is offline. Context: any.
// Errors: ErrCPU if there is no such CPU, ErrShutdown. Linux: irq_work_queue_on().
func (w *IRQWork) QueueOn(n int) (queued bool, err error) {
	c, err := cpuAt(n)
	if err != nil {
		return false, err
	}
	return w.queue(c)
}

func (w *IRQWork) queue(c *irq.CPU) (bool, error) {
	mustCall(w.fn != nil, "an IRQWork that is not from NewIRQWork")
	cpu.RaceReaderUnlocking(&w.race)
	if !w.claim() {
		return false, nil
	}
	item := &irq.Work{Fn: w.run, User: w.fn}
	cpu.RaceReaderUnlocking(item.Race())
	if err := c.Queue(item); err != nil {
		w.state.Sub(workPending + workBusy)
		return false, err
	}
	return true, nil
}

// claim makes w pending, and reports whether it was not.
func (w *IRQWork) claim() bool {
	for {
		old := w.state.Load()
		pending := old&workPending != 0
		next := old
		if !pending {
			next += workPending + workBusy
		}
		// The function is called after this, and must see what the caller has stored
		// before: so a barrier, also if it is pending.
		if w.state.CompareAndSwap(old, next) {
			return !pending
		}
	}
}

// run calls the function. Another CPU may run it at the same time, if it was queued
// there after it began here, as in Linux; the last to return ends Busy, unlike there.
func (w *IRQWork) run() {
	w.state.Sub(workPending)
	cpu.RaceLocked(&w.race)
	w.fn(w)
	w.state.Sub(workBusy)
}

// Busy reports whether it is queued or its function is running, on any CPU. Context:
// any. Linux: irq_work_is_busy().
func (w *IRQWork) Busy() bool { return w.state.Load() != 0 }

// Sync waits until it is neither queued nor running. Context: may block. Linux:
// irq_work_sync().
func (w *IRQWork) Sync() {
	if !irq.MayBlock("Sync of an IRQWork") {
		return
	}
	for spins := 0; w.Busy(); spins++ {
		irq.Pause(spins)
	}
}
