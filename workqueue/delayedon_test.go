package workqueue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/workqueue"
)

// A delayed work of a CPU's is executed there, whether there is a delay or not, and
// whoever queues it, wherever it was pending.
func TestQueueDelayedOn(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 3})
	wq := alloc(t, 0, 0)
	var runs, at atomic.Int32
	d := workqueue.NewDelayed(func(*workqueue.DelayedWork) {
		at.Store(int32(gpm.Current().CPU()))
		runs.Inc()
	})
	for n := range int32(9) {
		queued, err := wq.QueueDelayedOn(int(n%3), d, time.Duration(n/3)*time.Millisecond)
		require.NoError(t, err)
		require.True(t, queued)
		eventually(t, "it is not executed", func() bool { return runs.Load() == n+1 })
		d.Flush()
		assert.Equal(t, n%3, at.Load())
	}
	for n := range int32(3) {
		for _, was := range []bool{false, true} {
			pending, err := wq.ModDelayedOn(int(n), d, time.Hour)
			require.NoError(t, err)
			assert.Equal(t, was, pending)
		}
		pending, err := wq.ModDelayedOn(int(n+1)%3, d, time.Millisecond)
		require.NoError(t, err)
		assert.True(t, pending)
		eventually(t, "it is not executed", func() bool { return runs.Load() == n+10 })
		d.Flush()
		assert.Equal(t, (n+1)%3, at.Load())
	}
	_, err := wq.QueueDelayedOn(1, d, time.Hour)
	require.NoError(t, err)
	queued, err := wq.QueueDelayedOn(0, d, 0)
	require.NoError(t, err)
	assert.False(t, queued, "it waits")
	assert.True(t, d.Flush())
	assert.EqualValues(t, 1, at.Load())
	for _, n := range []int{-1, 3} {
		_, err = wq.QueueDelayedOn(n, d, 0)
		require.ErrorIs(t, err, workqueue.ErrCPU)
		_, err = wq.ModDelayedOn(n, d, 0)
		require.ErrorIs(t, err, workqueue.ErrCPU)
		assert.False(t, d.Pending())
	}
	wq.Destroy()
}

// What is queued on a CPU that is offline is executed elsewhere, delayed or not.
func TestQueueOnOffline(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var runs, at atomic.Int32
	note := func() {
		at.Store(int32(gpm.Current().CPU()))
		runs.Inc()
	}
	w := workqueue.New(func(*workqueue.Work) { note() })
	d := workqueue.NewDelayed(func(*workqueue.DelayedWork) { note() })
	for n := range int32(4) {
		want := n % 2
		if want == 0 {
			require.NoError(t, k.Offline(1))
		} else {
			require.NoError(t, k.Online(1))
		}
		_, err := workqueue.SystemWQ.QueueOn(1, w)
		require.NoError(t, err)
		eventually(t, "it is not executed", func() bool { return runs.Load() == 2*n+1 })
		require.Equal(t, want, at.Load())
		_, err = workqueue.SystemWQ.QueueDelayedOn(1, d, time.Millisecond)
		require.NoError(t, err)
		eventually(t, "it is not executed", func() bool { return runs.Load() == 2*n+2 })
		require.Equal(t, want, at.Load())
		w.Flush()
		d.Flush()
	}
}
