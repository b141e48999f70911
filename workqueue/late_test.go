package workqueue_test

import (
	"testing"
	"time"

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

// A Flush does not wait for what was claimed and never came to a queue, nor for the
// time of one whose timer was not started yet.
func TestFlushAgainstClaim(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	flushed := make(chan bool, 1)
	wait := func(what string) bool {
		select {
		case did := <-flushed:
			return did
		case <-time.After(10 * time.Second):
			require.FailNow(t, what)
			return false
		}
	}
	w := workqueue.New(func(*workqueue.Work) {})
	unclaim := workqueue.Claim(w)
	go func() { flushed <- w.Flush() }()
	time.Sleep(2 * time.Millisecond)
	require.Empty(t, flushed)
	unclaim()
	require.False(t, wait("waits for what was given up"))
	// The same while it runs, which is what there is to wait for.
	step := make(chan struct{})
	var begun atomic.Bool
	w = workqueue.New(func(*workqueue.Work) { begun.Store(true); <-step })
	queue(t, workqueue.SystemWQ, w)
	eventually(t, "it does not begin", begun.Load)
	unclaim = workqueue.Claim(w)
	go func() { flushed <- w.Flush() }()
	time.Sleep(2 * time.Millisecond)
	unclaim()
	eventually(t, "it does not wait", func() bool { return workqueue.Waiters(w) == 1 })
	close(step)
	require.True(t, wait("waits for what was given up"))

	var runs atomic.Int32
	d := workqueue.NewDelayed(func(*workqueue.DelayedWork) { runs.Inc() })
	start := workqueue.ClaimDelayed(workqueue.SystemWQ, d)
	go func() { flushed <- d.Flush() }()
	time.Sleep(2 * time.Millisecond)
	require.NoError(t, start(time.Hour))
	require.True(t, wait("waits for the time"))
	require.EqualValues(t, 1, runs.Load())
}

// One that waits for a queueing that is cancelled does not wait for the next, which
// may never come.
func TestFlushAgainstCancelAndClaim(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	wq := alloc(t, 0, 1)
	step := make(chan struct{})
	queue(t, wq, workqueue.New(func(*workqueue.Work) { <-step }))
	flushed := make(chan struct{})
	w := workqueue.New(func(*workqueue.Work) {})
	queue(t, wq, w)
	go func() { w.Flush(); close(flushed) }()
	eventually(t, "it does not wait", func() bool { return workqueue.Waiters(w) == 1 })
	unclaim := workqueue.CancelAndClaim(w)
	<-flushed
	unclaim()
	close(step)
	wq.Destroy()
}
