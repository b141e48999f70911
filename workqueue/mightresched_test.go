package workqueue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/workqueue"
)

// What might sleep lets others run under Voluntary, though it does not sleep, and only
// there.
func TestMightResched(t *testing.T) {
	testgc.Off(t) // the collector would let others run
	for _, model := range []preempt.Model{preempt.None, preempt.Voluntary} {
		t.Run(model.String(), func(t *testing.T) {
			k := torture.Kernel(t, gpm.Config{CPUs: 1, Preemption: model})
			wq := alloc(t, 0, 0)
			w, d := workqueue.New(func(*workqueue.Work) {}), workqueue.NewDelayed(func(*workqueue.DelayedWork) {})
			all := []struct {
				name string
				fn   func()
			}{
				{"Work.Flush", func() { w.Flush() }},
				{"Work.Cancel", func() { w.Cancel() }},
				{"Work.CancelSync", func() { w.CancelSync() }},
				{"DelayedWork.Flush", func() { d.Flush() }},
				{"DelayedWork.CancelSync", func() { d.CancelSync() }},
				{"ModDelayed", func() { _, _ = wq.ModDelayed(d, time.Hour) }},
				{"Workqueue.Flush", workqueue.SystemWQ.Flush},
				{"Workqueue.Drain", workqueue.SystemWQ.Drain},
			}
			early, late := make([]bool, len(all)), make([]bool, len(all))
			kerneltest.In(t, k, gpm.Attr{}, func() { // no lock of t's: to wait for it would let others run
				for n, a := range all {
					a.fn() // what it allocates once it has now
					var ran atomic.Bool
					if k.Go(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() { ran.Store(true) }) != nil {
						continue
					}
					early[n] = ran.Load()
					a.fn()
					late[n] = ran.Load()
					preempt.CondResched()
				}
			})
			for n, a := range all {
				assert.False(t, early[n], a.name)
				assert.Equal(t, model == preempt.Voluntary, late[n], a.name)
			}
			d.Cancel()
			wq.Destroy()
		})
	}
}
