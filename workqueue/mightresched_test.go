package workqueue_test

import (
	"testing"
	"time"

	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/workqueue"
)

// What might sleep lets others run under Voluntary, though it does not sleep, and only
// there.
func TestMightResched(t *testing.T) {
	kerneltest.MightResched(t, func(t *testing.T) map[string]func() {
		wq := alloc(t, 0, 0)
		w, d := workqueue.New(func(*workqueue.Work) {}), workqueue.NewDelayed(func(*workqueue.DelayedWork) {})
		t.Cleanup(func() {
			d.Cancel()
			wq.Destroy()
		})
		return map[string]func(){
			"Work.Flush":             func() { w.Flush() },
			"Work.Cancel":            func() { w.Cancel() },
			"Work.CancelSync":        func() { w.CancelSync() },
			"DelayedWork.Flush":      func() { d.Flush() },
			"DelayedWork.CancelSync": func() { d.CancelSync() },
			"ModDelayed":             func() { _, _ = wq.ModDelayed(d, time.Hour) },
			"Workqueue.Flush":        workqueue.SystemWQ.Flush,
			"Workqueue.Drain":        workqueue.SystemWQ.Drain,
		}
	})
}
