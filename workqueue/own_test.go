package workqueue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
	"github.com/gokern/gokern/workqueue"
)

// Who passes no function learns it at once, and not a worker.
func TestNoFunction(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	assert.Panics(t, func() { workqueue.New(nil) })
	assert.Panics(t, func() { workqueue.NewDelayed(nil) })
	assert.Panics(t, func() { _, _ = workqueue.SystemWQ.Queue(new(workqueue.Work)) })
}

// In atomic context nothing is changed, and the error says so.
func TestModDelayedAtomic(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	var bugs atomic.Int32
	var caller atomic.String
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(b *preempt.Bug) { bugs.Inc(); caller.Store(b.Caller) }))
	d := workqueue.NewDelayed(func(*workqueue.DelayedWork) {})
	kerneltest.In(t, k, gpm.Attr{}, func() {
		preempt.Disable()
		_, err := workqueue.SystemWQ.ModDelayed(d, time.Hour)
		preempt.Enable()
		assert.ErrorIs(t, err, workqueue.ErrContext)
	})
	assert.EqualValues(t, 1, bugs.Load())
	assert.Contains(t, caller.Load(), "TestModDelayedAtomic")
	assert.False(t, d.Pending())
}

// What would wait for its caller is a BUG, and returns at once: all that waits for a
// work in that work's own function, and for a queue in any of the queue's.
func TestWaitsForItself(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var bug atomic.String
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(b *preempt.Bug) { bug.Store(b.What) }))
	for _, flags := range []workqueue.Flags{0, workqueue.Ordered} {
		wq, other := alloc(t, flags, 0), alloc(t, 0, 0)
		for want, f := range map[string]func(*workqueue.Work){
			"Flush of a Work by its own function":             func(w *workqueue.Work) { assert.False(t, w.Flush()) },
			"CancelSync of a Work by its own function":        func(w *workqueue.Work) { assert.False(t, w.CancelSync()) },
			"Disable of a Work by its own function":           func(w *workqueue.Work) { assert.False(t, w.Disable()); w.Enable() },
			"Flush of a Workqueue by a function of its own":   func(*workqueue.Work) { wq.Flush() },
			"Drain of a Workqueue by a function of its own":   func(*workqueue.Work) { wq.Drain() },
			"Destroy of a Workqueue by a function of its own": func(*workqueue.Work) { wq.Destroy() },
			"": func(w *workqueue.Work) { // these wait for others, or not at all
				x := workqueue.New(func(*workqueue.Work) {})
				_, err := other.Queue(x)
				assert.NoError(t, err)
				x.Flush()
				x.CancelSync()
				other.Flush()
				other.Drain()
				w.Cancel()
			},
		} {
			bug.Store("")
			var runs atomic.Int32
			w := workqueue.New(func(w *workqueue.Work) { f(w); runs.Inc() })
			for n := range int32(2) { // it can be queued again, in the same queue
				queue(t, wq, w)
				eventually(t, want, func() bool { return runs.Load() == n+1 })
				w.Flush()
				require.Equal(t, want, bug.Load())
			}
		}
		for want, f := range map[string]func(*workqueue.DelayedWork) bool{
			"Flush of a DelayedWork by its own function":      (*workqueue.DelayedWork).Flush,
			"CancelSync of a DelayedWork by its own function": (*workqueue.DelayedWork).CancelSync,
		} {
			var runs atomic.Int32
			d := workqueue.NewDelayed(func(d *workqueue.DelayedWork) { assert.False(t, f(d)); runs.Inc() })
			_, err := wq.QueueDelayed(d, 1)
			require.NoError(t, err)
			eventually(t, want, func() bool { return runs.Load() == 1 })
			d.Flush()
			require.Equal(t, want, bug.Load())
		}
		wq.Destroy()
		other.Destroy()
	}
}

// A function that leaves a section open is reported by name, and neither its worker, which
// is to block next, nor its CPU is lost.
func TestLeavesAtomic(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	bugs := kerneltest.NoteBugs(t)
	for want, f := range map[string]func(){
		"a work function has returned with preempt_count 0x1":                       preempt.Disable,
		"a work function has returned with preempt_count 0x200":                     signals.BHDisable,
		"a work function has returned with interrupts masked":                       signals.InterruptDisable,
		"a work function has returned with preempt_count 0x10000":                   func() { preempt.AddCount(preempt.HardIRQOffset) },
		"a work function has returned with preempt_count 0x2 and interrupts masked": func() { preempt.Disable(); preempt.Disable(); signals.HardIRQDisable(); signals.IRQDisable() },
	} {
		w := workqueue.New(func(*workqueue.Work) { f() })
		d := workqueue.NewDelayed(func(*workqueue.DelayedWork) { f() })
		for _, start := range []func() (bool, error){
			func() (bool, error) { return workqueue.SystemWQ.Queue(w) },
			func() (bool, error) { return workqueue.SystemWQ.QueueDelayed(d, time.Microsecond) },
		} {
			bugs.What.Store("")
			_, err := start()
			require.NoError(t, err)
			eventually(t, want, func() bool { return bugs.What.Load() != "" })
			assert.Equal(t, want, bugs.What.Load())
			assert.Contains(t, bugs.Caller.Load(), "TestLeavesAtomic.func")
			kerneltest.In(t, k, gpm.Attr{CPUs: []int{0}}, func() { assert.True(t, preempt.Preemptible()) })
		}
		w.Flush()
		d.Flush()
	}
}
