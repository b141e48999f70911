package workqueue

import (
	"fmt"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/signals"
)

// DelayedWork is a Work that is queued when a time has passed. To be made by
// NewDelayed. Linux: struct delayed_work.
type DelayedWork struct {
	work  *Work
	timer *signals.HRTimer
	to    atomic.Pointer[target] // where its timer queues it
}

type target struct {
	wq *Workqueue
	p  *pool
}

// NewDelayed returns a DelayedWork that calls fn, as New. Context: any. Linux:
// INIT_DELAYED_WORK().
func NewDelayed(fn func(*DelayedWork)) *DelayedWork {
	if fn == nil {
		panic("gokern: a new DelayedWork has no function")
	}
	d := &DelayedWork{}
	d.work = New(func(*Work) { fn(d) })
	d.work.user = fn
	d.timer = signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart {
		to := d.to.Load()
		_, _ = to.wq.push(to.p, d.work) // fails if the kernel ends
		return signals.HRTimerNoRestart
	})
	return d
}

// QueueDelayed has d queued in wq when delay has passed, and reports whether it was
// not pending: it is from now on. Context: any. Errors as for Queue. Linux:
// queue_delayed_work().
func (wq *Workqueue) QueueDelayed(d *DelayedWork, delay time.Duration) (queued bool, err error) {
	return wq.queueDelayed(-1, d, delay)
}

// QueueDelayedOn is QueueDelayed on CPU n, whose timer it is too. Context: any. Errors:
// ErrCPU too. Linux: queue_delayed_work_on().
func (wq *Workqueue) QueueDelayedOn(n int, d *DelayedWork, delay time.Duration) (queued bool, err error) {
	if n < 0 {
		return false, fmt.Errorf("%w: %d", ErrCPU, n)
	}
	return wq.queueDelayed(n, d, delay)
}

// queueDelayed is both; -1: here.
func (wq *Workqueue) queueDelayed(n int, d *DelayedWork, delay time.Duration) (bool, error) {
	p, err := wq.pool(n)
	if err != nil || !d.work.claim(p.k.number) {
		return false, err
	}
	return wq.delay(p, n, d, delay)
}

// delay queues d, which is claimed; its timer is CPU n's, -1: any one's.
func (wq *Workqueue) delay(p *pool, n int, d *DelayedWork, delay time.Duration) (bool, error) {
	if delay <= 0 {
		return wq.push(p, d.work)
	}
	d.to.Store(&target{wq, p})
	var err error
	if n < 0 {
		err = d.timer.Start(delay, signals.HRTimerRel)
	} else {
		err = d.timer.StartOn(n, delay, signals.HRTimerRel)
	}
	if err != nil {
		d.work.unclaim(p.k.number)
		return false, err
	}
	return true, nil
}

// ModDelayed has d queued in wq when delay has passed, whether it was pending or not,
// and reports whether it was. Context: may block. Errors as for Queue, and ErrContext.
// Linux: mod_delayed_work().
func (wq *Workqueue) ModDelayed(d *DelayedWork, delay time.Duration) (pending bool, err error) {
	return wq.modDelayed("ModDelayed", -1, d, delay)
}

// ModDelayedOn is ModDelayed on CPU n, whose timer it is too. Context: as there. Errors:
// ErrCPU too. Linux: mod_delayed_work_on().
func (wq *Workqueue) ModDelayedOn(n int, d *DelayedWork, delay time.Duration) (pending bool, err error) {
	if n < 0 {
		return false, fmt.Errorf("%w: %d", ErrCPU, n)
	}
	return wq.modDelayed("ModDelayedOn", n, d, delay)
}

// modDelayed is both; -1: here.
func (wq *Workqueue) modDelayed(what string, n int, d *DelayedWork, delay time.Duration) (pending bool, err error) {
	if err := irq.CheckBlock(what); err != nil {
		return false, err
	}
	for {
		p, err := wq.pool(n)
		if err != nil {
			return pending, err
		}
		if d.work.claim(p.k.number) {
			_, err := wq.delay(p, n, d, delay)
			return pending, err
		}
		if d.work.state.Load()&stateDisabled != 0 {
			return pending, nil
		}
		pending = d.cancel() || pending
	}
}

// Pending reports whether d waits for its time or in a queue. Context: any. Linux:
// delayed_work_pending().
func (d *DelayedWork) Pending() bool { return d.work.Pending() }

// Cancel has d not executed if it is pending, and reports whether it was. Its function
// may be running. Context: may block. Linux: cancel_delayed_work().
func (d *DelayedWork) Cancel() bool { return irq.MayBlock("Cancel of a DelayedWork") && d.cancel() }

func (d *DelayedWork) cancel() bool {
	for spins := 0; d.work.Pending(); spins++ {
		if d.timer.Cancel() {
			d.work.unclaim(d.to.Load().p.k.number)
			return true
		}
		if canceled, again := d.work.tryCancel(); !again {
			return canceled
		}
		irq.Pause(spins)
	}
	return false
}

// CancelSync is Cancel, and waits until d's function is not running; until it returns
// d cannot be queued. Context: may block; by d's own function it is a BUG. Linux:
// cancel_delayed_work_sync().
func (d *DelayedWork) CancelSync() bool {
	d.work.state.Add(stateDisable)
	defer d.work.Enable()
	if !d.work.mayWait("CancelSync of a DelayedWork") {
		return false
	}
	canceled := d.cancel()
	d.work.flush()
	return canceled
}

// Flush queues d at once if it waits for its time, and waits until it has been
// executed. It reports whether there was anything to wait for. Context: may block; by
// d's own function it is a BUG. Linux: flush_delayed_work().
func (d *DelayedWork) Flush() bool {
	if !d.work.mayWait("Flush of a DelayedWork") {
		return false
	}
	waited := false
	for spins := 0; ; spins++ {
		if d.timer.Cancel() {
			to := d.to.Load()
			_, _ = to.wq.push(to.p, d.work) // fails if the kernel ends
			waited = true
		}
		if done, again := d.work.tryFlush(); !again {
			return wait(done) || waited // it may have been executed already
		}
		irq.Pause(spins) // who queues it has not started the timer yet
	}
}
