package lock

import (
	"context"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/signals"
)

// within calls f with a context that ends after d.
func within(d time.Duration, f func(context.Context) error) error {
	t := timeout{Context: forever, end: time.Now().Add(d)}
	defer t.release()
	return f(&t)
}

// timeout is a context that ends at a time. In a task that is when the CPU's own
// timer says so: context.WithTimeout starts a goroutine then, which beside CPUs that
// compute waits for an ordinary thread. There is a timer only if Done is called: who
// need not wait pays for none. One goroutine uses it.
type timeout struct {
	context.Context
	end  time.Time
	done chan struct{}
	stop func()
}

func (t *timeout) Deadline() (end time.Time, ok bool) { return t.end, true }

func (t *timeout) Done() <-chan struct{} {
	if t.done == nil {
		t.done = make(chan struct{})
		t.stop = after(time.Until(t.end), t.done)
	}
	return t.done
}

func (t *timeout) Err() error {
	select {
	case <-t.done:
	default:
		if time.Now().Before(t.end) {
			return nil
		}
	}
	return context.DeadlineExceeded
}

func (t *timeout) release() {
	if t.stop != nil {
		t.stop()
	}
}

// backstop is how much later Go's timer ends a task's wait, if the CPU's has not: that
// one is not served while the CPU is in a system call, nor when Shutdown waits for the
// callbacks of timers, which may wait for a lock.
const backstop = time.Millisecond

// after closes done after d, unless stop comes first.
func after(d time.Duration, done chan struct{}) (stop func()) {
	var ended atomic.Bool
	end := func() {
		if ended.CompareAndSwap(false, true) {
			close(done)
		}
	}
	if !inTask() || !irq.Timed() {
		timer := time.AfterFunc(d, end)
		return func() { timer.Stop() }
	}
	own := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart {
		end()
		return signals.HRTimerNoRestart
	})
	_ = own.Start(d, signals.HRTimerRel) // or the other does it
	timer := time.AfterFunc(max(d, d+backstop), end)
	return func() {
		own.TryToCancel()
		timer.Stop()
	}
}
