package lock

import (
	"context"
	"time"

	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/signals"
)

// within calls f with a context that ends after d.
func within(d time.Duration, f func(context.Context) error) error {
	t := timeout{Context: forever, end: time.Now().Add(d)}
	err := f(&t)
	if t.stop != nil {
		t.stop()
	}
	return err
}

// timeout is a context that ends at a time. In a task that is when the CPU's own
// timer says so, as gpm.Sleep does: context.WithTimeout starts a goroutine then,
// which beside CPUs that compute waits for an ordinary thread. There is a timer only
// if Done is called: who need not wait pays for none. One goroutine uses it.
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

// after closes done after d, unless stop comes first.
func after(d time.Duration, done chan struct{}) (stop func()) {
	if inTask() && irq.Timed() {
		timer := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart {
			close(done)
			return signals.HRTimerNoRestart
		})
		if timer.Start(d, signals.HRTimerRel) == nil {
			return func() { timer.TryToCancel() }
		}
	}
	timer := time.AfterFunc(d, func() { close(done) })
	return func() { timer.Stop() }
}
