package signals_test

import (
	"context"
	"strings"
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
)

// What breaks the rules is reported and does not stop the CPU.
func TestCallbackRules(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	bugs := kerneltest.NoteBugs(t)
	for want, f := range map[string]func(){
		"scheduling while atomic": func() { time.Sleep(time.Millisecond) },
		"an interrupt's callback has returned with preempt_count 0x10001, not 0x10000": preempt.Disable,
		"an interrupt's callback has unmasked interrupts":                              signals.IRQEnable,
		"an interrupt's callback has left interrupts masked":                           signals.InterruptDisable,
	} {
		bugs.What.Store("")
		timer := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart { f(); return signals.HRTimerNoRestart })
		require.NoError(t, timer.StartOn(0, 0, signals.HRTimerRel))
		eventually(t, "no report of "+want, func() bool { return bugs.What.Load() == want })
		if want != "scheduling while atomic" { // whose caller is who has blocked
			assert.Contains(t, bugs.Caller.Load(), "TestCallbackRules.func")
		}
		inTask(t, k, 0, func() { assert.True(t, preempt.Preemptible()) })
	}
}

// A report of what a callback has left behind names the callback, of whatever kind.
func TestCallbackIsNamed(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	bugs := kerneltest.NoteBugs(t)
	leaves := func() { preempt.Disable() }
	timer := func(*signals.HRTimer) signals.HRTimerRestart {
		preempt.Disable()
		return signals.HRTimerNoRestart
	}
	openSoftIRQ(t, signals.UserSoftIRQ, leaves)
	for what, start := range map[string]func() error{
		"an interrupt's callback 1": func() error { return signals.NewHRTimer(timer).Start(0, signals.HRTimerRel) },
		"an interrupt's callback 2": func() error {
			_, err := signals.NewIRQWork(func(*signals.IRQWork) { preempt.Disable() }).Queue()
			return err
		},
		"an interrupt's callback 3": func() error { return signals.SMPCallFunctionSingle(0, leaves, false) },
		"a timer's callback":        func() error { return signals.NewHRTimerSoft(timer).Start(0, signals.HRTimerRel) },
		"a timer's callback 1": func() error {
			t, err := signals.NewHRTimerTask(1, timer)
			if err != nil {
				return err
			}
			return t.Start(0, signals.HRTimerRel)
		},
		"a tasklet": signals.NewTasklet(leaves).Schedule,
		"softirq USER0": func() error {
			return signals.SMPCallFunctionSingle(0, func() { signals.RaiseSoftIRQ(signals.UserSoftIRQ) }, true)
		},
	} {
		bugs.What.Store("")
		require.NoError(t, start())
		what = strings.TrimRight(what, " 123")
		eventually(t, "no report of "+what, func() bool { return strings.HasPrefix(bugs.What.Load(), what+" has returned with preempt_count ") })
		assert.Contains(t, bugs.Caller.Load(), "TestCallbackIsNamed.func")
		assert.Contains(t, bugs.Caller.Load(), "shutdown_test.go:")
	}
}

// A callback that cancels its own timer would wait for itself: a BUG, in each context.
func TestHRTimerCancelsItself(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var bugs, runs, wrong atomic.Int32 // no lock of t's in an interrupt
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(b *preempt.Bug) {
		if b.What == "Cancel of a timer by its own callback" {
			bugs.Inc()
		}
	}))
	other := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart { return signals.HRTimerNoRestart })
	body := func(x *signals.HRTimer) signals.HRTimerRestart {
		if x.Cancel() || other.Start(time.Hour, signals.HRTimerRel) != nil || !other.Cancel() {
			wrong.Inc()
		}
		runs.Inc()
		return signals.HRTimerNoRestart
	}
	thread, err := signals.NewHRTimerTask(1, body)
	require.NoError(t, err)
	for n, x := range []*signals.HRTimer{signals.NewHRTimer(body), signals.NewHRTimerSoft(body), thread} {
		for range 2 {
			before := runs.Load()
			require.NoError(t, x.StartOn(1, 0, signals.HRTimerRel))
			eventually(t, "it waits for itself", func() bool { return runs.Load() == before+1 })
			x.Cancel()
			require.Equal(t, runs.Load(), bugs.Load(), "timer %d", n)
			require.Zero(t, wrong.Load(), "timer %d", n)
		}
	}
}

// Without a kernel nothing starts, and nothing is lost.
func TestWithoutKernel(t *testing.T) {
	timer := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart { return signals.HRTimerNoRestart })
	tasklet := signals.NewTasklet(func() {})
	work := signals.NewIRQWork(func(*signals.IRQWork) {})
	check := func() {
		require.ErrorIs(t, timer.Start(time.Millisecond, signals.HRTimerRel), signals.ErrShutdown)
		require.ErrorIs(t, timer.StartOn(0, time.Millisecond, signals.HRTimerRel), gpm.ErrShutdown)
		require.Zero(t, timer.TryToCancel())
		require.False(t, timer.Cancel())
		require.False(t, timer.Active())
		require.ErrorIs(t, tasklet.Schedule(), signals.ErrShutdown)
		tasklet.Kill()
		_, err := work.Queue()
		require.ErrorIs(t, err, signals.ErrShutdown)
		_, err = work.QueueOn(0)
		require.ErrorIs(t, err, signals.ErrShutdown)
		work.Sync()
		require.ErrorIs(t, signals.SMPCallFunctionSingle(0, func() {}, true), signals.ErrShutdown)
		require.ErrorIs(t, signals.OnEachCPU(func() {}, true), signals.ErrShutdown)
		require.ErrorIs(t, signals.StopMachine(func() error { return nil }, nil), signals.ErrShutdown)
		require.Nil(t, signals.Interrupts())
		require.Zero(t, signals.LocalSoftIRQPending())
	}
	for range 2 {
		check()
		k := torture.Kernel(t, gpm.Config{CPUs: 2})
		require.NoError(t, timer.StartOn(1, time.Hour, signals.HRTimerRel))
		require.NoError(t, signals.OnEachCPU(func() {}, true))
		require.NoError(t, tasklet.Schedule())
		require.NoError(t, signals.StopMachine(func() error { return nil }, nil))
		eventually(t, "the kernel's own tasks are counted", func() bool { return k.Stats().Tasks == 0 }) // of the self-test some may still end
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		require.NoError(t, k.Shutdown(ctx))
		cancel()
	}
	check()
}

// Shutdown cancels what waits, in all kinds of timers, and waits for callbacks, also
// one that sleeps.
func TestShutdownWithTimers(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var inside, ended atomic.Bool
	again := func(x *signals.HRTimer) signals.HRTimerRestart {
		x.ForwardNow(100 * time.Microsecond)
		return signals.HRTimerRestarts
	}
	sleeps, err := signals.NewHRTimerTask(1, func(*signals.HRTimer) signals.HRTimerRestart {
		inside.Store(true)
		for range 20 {
			gpm.Sleep(2 * time.Millisecond)
		}
		ended.Store(true)
		return signals.HRTimerRestarts
	})
	require.NoError(t, err)
	thread, err := signals.NewHRTimerTask(0, again)
	require.NoError(t, err)
	all := []*signals.HRTimer{signals.NewHRTimer(again), signals.NewHRTimerSoft(again), thread, signals.NewHRTimer(again)}
	for i, x := range all[:3] {
		require.NoError(t, x.StartOn(i%2, 0, signals.HRTimerRel))
	}
	require.NoError(t, all[3].StartOn(1, time.Hour, signals.HRTimerRel))
	require.NoError(t, sleeps.StartOn(1, 0, signals.HRTimerRel))
	eventually(t, "it does not begin", inside.Load)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, k.Shutdown(ctx))
	assert.True(t, ended.Load(), "Shutdown has not waited for a callback")
	for _, x := range append(all, sleeps) {
		assert.False(t, x.Active())
	}
}
