package workqueue_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
	"github.com/gokern/gokern/workqueue"
)

func TestMain(m *testing.M) { leak.Main(m) }

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(50 * time.Microsecond) {
		if time.Since(start) > time.Minute {
			require.FailNow(t, what)
		}
	}
}

func queue(t testing.TB, wq *workqueue.Workqueue, w *workqueue.Work) {
	t.Helper()
	queued, err := wq.Queue(w)
	require.NoError(t, err)
	require.True(t, queued)
}

func alloc(t testing.TB, flags workqueue.Flags, most int) *workqueue.Workqueue {
	t.Helper()
	wq, err := workqueue.Alloc("test", flags, most)
	require.NoError(t, err)
	return wq
}

// Each kind of queue has workers of its own kind.
func TestWorkers(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	for _, c := range []struct {
		wq         *workqueue.Workqueue
		cpus, nice int
	}{
		{workqueue.SystemWQ, 1, 0}, {workqueue.SystemHighPriWQ, 1, -20}, {workqueue.SystemUnboundWQ, 2, 0}, {alloc(t, workqueue.Unbound|workqueue.HighPri, 0), 2, -20},
	} {
		var attr gpm.Attr
		w := workqueue.New(func(*workqueue.Work) { attr = gpm.Current().Attr() })
		_, err := c.wq.QueueOn(1, w)
		require.NoError(t, err)
		w.Flush()
		assert.Len(t, attr.CPUs, c.cpus)
		assert.Equal(t, 1, attr.CPUs[c.cpus-1])
		assert.Equal(t, c.nice, attr.Nice)
		assert.Equal(t, gpm.Normal, attr.Policy)
	}
	_, err := workqueue.SystemWQ.QueueOn(2, workqueue.New(func(*workqueue.Work) {}))
	require.ErrorIs(t, err, workqueue.ErrCPU)
}

// A pending item is not queued twice; one that is executed is, and then executed
// again, never at the same time, whatever queue it is on.
func TestPendingOnce(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	step := make(chan struct{})
	var inside, runs, twice atomic.Int32
	w := workqueue.New(func(*workqueue.Work) {
		if inside.Inc() != 1 {
			twice.Inc()
		}
		runs.Inc()
		<-step
		inside.Dec()
	})
	queue(t, workqueue.SystemWQ, w)
	eventually(t, "it does not begin", func() bool { return runs.Load() == 1 })
	require.False(t, w.Pending())
	require.True(t, w.Busy())
	queue(t, workqueue.SystemUnboundWQ, w)
	require.True(t, w.Pending())
	queued, err := workqueue.SystemHighPriWQ.Queue(w)
	require.NoError(t, err)
	require.False(t, queued)
	time.Sleep(5 * time.Millisecond)
	require.EqualValues(t, 1, runs.Load())
	step <- struct{}{}
	step <- struct{}{}
	require.False(t, w.Flush() && w.Busy())
	require.EqualValues(t, 2, runs.Load())
	require.Zero(t, twice.Load())
}

// While an item blocks the next begins; while it computes the next waits.
func TestConcurrency(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	wq := alloc(t, 0, 0)
	block := make(chan struct{})
	var begun atomic.Int32
	for range 5 {
		queue(t, wq, workqueue.New(func(*workqueue.Work) { begun.Inc(); <-block }))
	}
	eventually(t, "one that blocks holds up the others", func() bool { return begun.Load() == 5 })
	var stop atomic.Bool
	var inside, most atomic.Int32
	for range 3 {
		queue(t, wq, workqueue.New(func(*workqueue.Work) {
			most.Store(max(most.Load(), inside.Inc()))
			for end := time.Now().Add(10 * time.Millisecond); !stop.Load() && time.Now().Before(end); {
			}
			inside.Dec()
		}))
	}
	close(block)
	wq.Flush()
	assert.EqualValues(t, 1, most.Load(), "two compute at a time")
	wq.Destroy()
}

func TestMaxActive(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	for _, flags := range []workqueue.Flags{0, workqueue.Unbound} {
		wq := alloc(t, flags, 3)
		var inside, most, runs atomic.Int32
		for range 20 {
			_, err := wq.QueueOn(1, workqueue.New(func(*workqueue.Work) {
				n := inside.Inc()
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				time.Sleep(time.Millisecond)
				inside.Dec()
				runs.Inc()
			}))
			require.NoError(t, err)
		}
		wq.Flush()
		assert.EqualValues(t, 20, runs.Load())
		assert.EqualValues(t, 3, most.Load())
		wq.Destroy()
	}
}

func TestOrdered(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	wq := alloc(t, workqueue.Ordered, 0)
	var order []int // only one at a time: the race detector sees if not
	for n := range 200 {
		w := workqueue.New(func(*workqueue.Work) {
			if n%10 == 0 {
				time.Sleep(100 * time.Microsecond)
			}
			order = append(order, n)
		})
		if n%2 == 0 {
			queue(t, wq, w)
		} else {
			kerneltest.In(t, k, gpm.Attr{CPUs: []int{n / 2 % 2}}, func() { _, _ = wq.Queue(w) })
		}
	}
	wq.Flush()
	require.Len(t, order, 200)
	for n, got := range order {
		require.Equal(t, n, got)
	}
	wq.Destroy()
	_, err := wq.Queue(workqueue.New(func(*workqueue.Work) {}))
	require.ErrorIs(t, err, workqueue.ErrDestroyed)
}

// Interrupts queue, with all CPUs busy; none is lost.
func TestFromInterrupts(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var stop atomic.Bool
	var tasks []*gpm.Task
	for n := range 2 {
		tasks = append(tasks, kerneltest.Spawn(t, k, gpm.Attr{CPUs: []int{n}}, func() {
			for !stop.Load() {
				runtime.Gosched()
			}
		}))
	}
	var queued, runs atomic.Int64
	works := make([]*workqueue.Work, 10)
	for n := range works {
		works[n] = workqueue.New(func(*workqueue.Work) { runs.Inc() })
	}
	turns := [2]int{}
	for n := range 2 {
		timer := signals.NewHRTimer(func(x *signals.HRTimer) signals.HRTimerRestart {
			if ok, _ := workqueue.SystemWQ.Queue(works[(turns[n]+5*n)%10]); ok {
				queued.Inc()
			}
			if turns[n]++; turns[n] == 300 {
				return signals.HRTimerNoRestart
			}
			x.ForwardNow(50 * time.Microsecond)
			return signals.HRTimerRestarts
		})
		require.NoError(t, timer.StartOn(n, 0, signals.HRTimerRel))
		defer timer.Cancel()
		eventually(t, "the timer does not end", func() bool { return !timer.Active() })
	}
	workqueue.SystemWQ.Flush()
	assert.Equal(t, queued.Load(), runs.Load())
	assert.Positive(t, runs.Load())
	// In any atomic context.
	kerneltest.In(t, k, gpm.Attr{}, func() {
		for _, c := range [][2]func(){{preempt.Disable, preempt.Enable}, {signals.IRQDisable, signals.IRQEnable}, {signals.BHDisable, signals.BHEnable}} {
			c[0]()
			if ok, err := workqueue.SystemWQ.Queue(works[0]); !ok || err != nil {
				t.Error(ok, err)
			}
			c[1]()
			works[0].Flush()
		}
	})
	stop.Store(true)
	kerneltest.Wait(t, tasks...)
}

func TestFlushAndCancel(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	wq := alloc(t, 0, 1)
	step := make(chan struct{})
	var runs atomic.Int32
	first := workqueue.New(func(*workqueue.Work) { <-step; runs.Inc() })
	second := workqueue.New(func(*workqueue.Work) { runs.Inc() })
	require.False(t, first.Flush())
	require.False(t, first.Cancel())
	for _, w := range []*workqueue.Work{first, second} {
		_, err := wq.QueueOn(0, w)
		require.NoError(t, err)
	}
	eventually(t, "it does not begin", func() bool { return !first.Pending() })
	flushed := make(chan struct{})
	go func() { wq.Flush(); close(flushed) }()
	go func() { second.Flush(); flushed <- struct{}{} }()
	time.Sleep(2 * time.Millisecond)
	require.Empty(t, flushed)
	require.True(t, second.Pending())
	require.True(t, second.Cancel())
	<-flushed // second is no more
	require.False(t, second.Pending())
	require.False(t, first.Cancel(), "it runs")
	select {
	case <-flushed:
		t.Error("flushed while the first runs")
	case <-time.After(3 * time.Millisecond):
	}
	close(step)
	<-flushed
	require.EqualValues(t, 1, runs.Load())
	// One that queues itself ends by CancelSync, and not before.
	var self *workqueue.Work
	self = workqueue.New(func(*workqueue.Work) { runs.Inc(); _, _ = wq.Queue(self) })
	queue(t, wq, self)
	eventually(t, "it ends", func() bool { return runs.Load() > 100 })
	self.CancelSync()
	at := runs.Load()
	time.Sleep(3 * time.Millisecond)
	require.Equal(t, at, runs.Load())
	require.False(t, self.Busy())
	self.Disable()
	queued, err := wq.Queue(self)
	require.True(t, !queued && err == nil)
	self.Enable()
	// Drain takes what functions of the queue's queue, and nothing else.
	left := 5
	var chain *workqueue.Work
	chain = workqueue.New(func(*workqueue.Work) {
		time.Sleep(time.Millisecond)
		if left--; left > 0 {
			if ok, err := wq.Queue(chain); !ok || err != nil {
				t.Error(ok, err)
			}
		}
	})
	queue(t, wq, chain)
	wq.Drain()
	require.Zero(t, left)
	wq.Destroy()
}

func TestDelayed(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var at atomic.Duration
	var runs atomic.Int32
	d := workqueue.NewDelayed(func(*workqueue.DelayedWork) { at.Store(signals.Now()); runs.Inc() })
	wq := workqueue.SystemWQ
	start := signals.Now()
	queued, err := wq.QueueDelayed(d, 3*time.Millisecond)
	require.True(t, queued && err == nil)
	eventually(t, "it does not run", func() bool { return runs.Load() == 1 })
	require.GreaterOrEqual(t, at.Load()-start, 3*time.Millisecond)
	_, err = wq.QueueDelayed(d, time.Hour)
	require.NoError(t, err)
	queued, err = wq.QueueDelayed(d, 0) // it waits for longer than the host may take this thread
	require.True(t, !queued && err == nil)
	require.True(t, d.Pending())
	require.True(t, d.Flush())
	require.EqualValues(t, 2, runs.Load())
	_, err = wq.QueueDelayed(d, time.Hour)
	require.NoError(t, err)
	pending, err := wq.ModDelayed(d, time.Millisecond)
	require.True(t, pending && err == nil)
	eventually(t, "it does not run", func() bool { return runs.Load() == 3 })
	d.CancelSync()
	_, err = wq.QueueDelayed(d, time.Hour)
	require.NoError(t, err)
	require.True(t, d.CancelSync())
	require.False(t, d.Pending() || d.Cancel() || d.Flush())
}

func TestIdleWorkersEnd(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	defer workqueue.SetIdleTimeout(workqueue.SetIdleTimeout(5 * time.Millisecond))
	block := make(chan struct{})
	for range 10 {
		queue(t, workqueue.SystemWQ, workqueue.New(func(*workqueue.Work) { <-block }))
	}
	eventually(t, "not ten at a time", func() bool { return workqueue.Workers() == 10 })
	close(block)
	eventually(t, "idle workers stay", func() bool { return workqueue.Workers() == 0 })
	w := workqueue.New(func(*workqueue.Work) {})
	queue(t, workqueue.SystemWQ, w)
	w.Flush()
}

// Shutdown waits for what is executed and forgets what is pending, and the same items
// serve the next kernel.
func TestShutdown(t *testing.T) {
	wq := alloc(t, workqueue.Unbound, 2)
	var ended, runs atomic.Int32
	slow := workqueue.New(func(*workqueue.Work) { time.Sleep(20 * time.Millisecond); ended.Inc() })
	d := workqueue.NewDelayed(func(*workqueue.DelayedWork) { runs.Inc() })
	others := make([]*workqueue.Work, 20)
	for n := range others {
		others[n] = workqueue.New(func(*workqueue.Work) { time.Sleep(10 * time.Millisecond) })
	}
	for n := range int32(3) {
		_, err := wq.Queue(slow)
		require.ErrorIs(t, err, workqueue.ErrShutdown)
		_, err = wq.QueueDelayed(d, time.Second)
		require.ErrorIs(t, err, gpm.ErrShutdown)
		k := torture.Kernel(t, gpm.Config{CPUs: 2})
		queue(t, wq, slow)
		for _, w := range others {
			queue(t, wq, w)
		}
		queued, err := wq.QueueDelayed(d, time.Hour)
		require.True(t, queued && err == nil)
		eventually(t, "it does not begin", func() bool { return !slow.Pending() })
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			for err := error(nil); err == nil; _, err = workqueue.SystemWQ.Queue(others[0]) {
				others[0].Flush()
			}
			wq.Flush()
		}()
		require.NoError(t, k.Shutdown(context.Background()))
		require.Equal(t, n+1, ended.Load())
		<-stop
		wq.Flush()
		for _, w := range append(others, slow) {
			require.False(t, w.Busy())
			w.Flush()
		}
		require.False(t, d.Pending())
	}
}
