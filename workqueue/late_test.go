package workqueue_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/workqueue"
)

// What has passed the check of Destroy before that one began is executed, and what it
// held up too.
func TestQueueAgainstDestroy(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	for _, flags := range []workqueue.Flags{0, workqueue.Unbound} {
		wq := alloc(t, flags, 1)
		var runs atomic.Int32
		step := make(chan struct{})
		f := func(*workqueue.Work) { runs.Inc(); <-step }
		for range 3 {
			queue(t, wq, workqueue.New(f))
		}
		eventually(t, "it does not begin", func() bool { return runs.Load() == 1 })
		workqueue.EndDestroy(wq) // after a Drain that has not seen them
		close(step)
		wq.Flush()
		require.EqualValues(t, 3, runs.Load())
		_, err := wq.Queue(workqueue.New(f))
		require.ErrorIs(t, err, workqueue.ErrDestroyed)
		require.Zero(t, workqueue.Known(wq))
	}
}
