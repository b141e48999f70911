//go:build linux && amd64 && go1.25 && !go1.28

package gpm_test

import (
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/signals"
)

// A CPU that is offline still serves its timers, also those that are far off; it takes
// no call and no task meanwhile.
func TestOfflineServes(t *testing.T) {
	k := kerneltest.Boot(t, gpm.Config{CPUs: 2})
	fired := make(chan int, 2)
	timer := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart {
		fired <- 1
		return signals.HRTimerNoRestart
	})
	require.NoError(t, timer.StartOn(1, 30*time.Millisecond, signals.HRTimerRel))
	require.NoError(t, k.Offline(1))
	<-fired
	require.NoError(t, timer.StartOn(1, time.Millisecond, signals.HRTimerRel))
	<-fired
	var called atomic.Bool
	require.ErrorIs(t, signals.SMPCallFunctionSingle(1, func() { called.Store(true) }, true), signals.ErrCPU)
	require.False(t, called.Load())
	kerneltest.In(t, k, gpm.Attr{}, func() { assert.Equal(t, 0, gpm.Current().CPU()) })
	require.NoError(t, k.Online(1))
}

// fifo is a Class that runs its tasks in the order they come.
type fifo struct {
	queue []*gpm.Task
	asked [2]atomic.Int64 // how often Pick was asked for a CPU
}

func (f *fifo) Enqueue(t *gpm.Task)          { f.queue = append(f.queue, t) }
func (f *fifo) Tick(int, *gpm.Task) bool     { return true }
func (f *fifo) Preempts(_, _ *gpm.Task) bool { return false }
func (f *fifo) Dequeue(t *gpm.Task) {
	for i := range f.queue {
		if f.queue[i] == t {
			f.queue = append(f.queue[:i], f.queue[i+1:]...)
			return
		}
	}
}

func (f *fifo) Pick(cpu int) (t *gpm.Task) {
	f.asked[cpu].Inc()
	if len(f.queue) != 0 {
		t, f.queue = f.queue[0], f.queue[1:]
	}
	return t
}

// Tasks of a user's class, and of a group with a quota, leave a CPU that goes
// offline, and all go on.
func TestOfflineClassAndGroup(t *testing.T) {
	k := kerneltest.Boot(t, gpm.Config{CPUs: 2, Slice: 200 * time.Microsecond, Logger: slog.New(slog.DiscardHandler)})
	class := new(fifo)
	policy, err := k.Register("fifo", class, 0)
	require.NoError(t, err)
	group, err := k.NewGroup(nil, gpm.GroupAttr{Quota: 2 * time.Millisecond, Period: 10 * time.Millisecond})
	require.NoError(t, err)
	var stop atomic.Bool
	defer stop.Store(true)
	var turns [6]atomic.Int64
	var tasks []*gpm.Task
	for i := range turns {
		attr := gpm.Attr{Policy: policy}
		if i >= 3 {
			attr = gpm.Attr{Group: group}
		}
		tasks = append(tasks, kerneltest.Spawn(t, k, attr, func() {
			for !stop.Load() {
				turns[i].Inc()
				runtime.Gosched()
			}
		}))
	}
	goOn := func() {
		for i := range turns {
			before := turns[i].Load()
			for end := time.Now().Add(time.Minute); turns[i].Load() < before+3; time.Sleep(100 * time.Microsecond) {
				require.True(t, time.Now().Before(end), "task %d does not go on", i)
			}
		}
	}
	for round := range 10 {
		off := round % 2
		require.NoError(t, k.Offline(off))
		goOn() // a call of Pick for the CPU that was under way is over
		asked := class.asked[off].Load()
		goOn()
		require.Equal(t, asked, class.asked[off].Load(), "the class was asked for a CPU that is offline")
		switches := k.Stats().CPUs[off].Switches
		goOn()
		for i := range turns {
			require.NotEqual(t, off, tasks[i].CPU())
		}
		require.Equal(t, switches, k.Stats().CPUs[off].Switches)
		require.NoError(t, k.Online(off))
	}
	stop.Store(true)
	kerneltest.Wait(t, tasks...)
	require.NoError(t, k.PolicyErr(policy))
}
