package signals_test

import (
	"runtime"
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

// eventually waits for what must come.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(50 * time.Microsecond) {
		if time.Since(start) > time.Minute {
			require.FailNow(t, what)
		}
	}
}

// inTask runs fn as a task of k on CPU n.
func inTask(t testing.TB, k *gpm.Kernel, n int, fn func()) {
	t.Helper()
	kerneltest.In(t, k, gpm.Attr{CPUs: []int{n}}, fn)
}

// seen is what a callback has seen of its context.
type seen struct {
	cpu               int
	count             uint32
	masked            bool
	hard, soft, task  bool
	preemptible, late bool
}

func look(expiry time.Duration) seen {
	n, _ := cpuNumber()
	return seen{
		cpu: n, count: preempt.Count(), masked: signals.IRQsDisabled(), hard: preempt.InHardIRQ(),
		soft: preempt.InServingSoftIRQ(), task: preempt.InTask(), preemptible: preempt.Preemptible(), late: signals.Now() >= expiry,
	}
}

func cpuNumber() (int, bool) {
	n := preempt.TryDisableCPU()
	if n >= 0 {
		preempt.Enable()
	}
	return n, n >= 0
}

// Each kind of callback runs in its context, on the CPU that was asked for, not too
// early, whoever starts it.
func TestHRTimerContexts(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	got := make(chan seen, 1)
	f := func(x *signals.HRTimer) signals.HRTimerRestart {
		got <- look(x.Expires())
		return signals.HRTimerNoRestart
	}
	inThread, err := signals.NewHRTimerTask(7, f)
	require.NoError(t, err)
	for _, kind := range []struct {
		name  string
		timer *signals.HRTimer
		want  seen
	}{
		{"hard", signals.NewHRTimer(f), seen{count: preempt.HardIRQOffset, masked: true, hard: true, late: true}},
		{"soft", signals.NewHRTimerSoft(f), seen{count: preempt.SoftIRQOffset + 1, soft: true, late: true}},
		{"task", inThread, seen{task: true, preemptible: true, late: true}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			want := kind.want
			for n := range 2 {
				want.cpu = n
				require.NoError(t, kind.timer.StartOn(n, 300*time.Microsecond, signals.HRTimerRel))
				assert.Equal(t, want, <-got, "from an ordinary goroutine")
				require.NoError(t, kind.timer.StartOn(n, signals.Now()-time.Hour, signals.HRTimerAbs))
				assert.Equal(t, want, <-got, "in the past")
				inTask(t, k, n, func() {
					assert.NoError(t, kind.timer.Start(signals.Now()+300*time.Microsecond, signals.HRTimerAbs|signals.HRTimerPinned))
					assert.Equal(t, want, <-got, "from a task that blocks")
					preempt.Disable()
					assert.NoError(t, kind.timer.Start(time.Microsecond, signals.HRTimerRel))
					for start := time.Now(); time.Since(start) < 2*time.Millisecond; {
						runtime.KeepAlive(k)
					}
					early := len(got)
					preempt.Enable()
					assert.Zero(t, early, "in a section with preemption off")
					assert.Equal(t, want, <-got)
				})
				want.cpu = 1 - n
				inTask(t, k, n, func() {
					assert.NoError(t, kind.timer.StartOn(1-n, 300*time.Microsecond, signals.HRTimerRel))
					assert.Equal(t, want, <-got, "from another CPU")
				})
				want.cpu = n
			}
			eventually(t, "it stays active", func() bool { return !kind.timer.Active() })
			kind.timer.Cancel()
			assert.False(t, kind.timer.Active())
		})
	}
	_, err = signals.NewHRTimerTask(100, f)
	require.ErrorIs(t, err, signals.ErrPriority)
	require.ErrorIs(t, inThread.StartOn(2, 0, signals.HRTimerRel), signals.ErrCPU)
}

// A callback comes when interrupts are unmasked, at once, and not before, also if
// its own CPU has started it meanwhile.
func TestHRTimerMasked(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	var ran atomic.Int32
	timer := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart { ran.Inc(); return signals.HRTimerNoRestart })
	inTask(t, k, 0, func() {
		for name, mask := range map[string][2]func(){
			"IRQDisable": {signals.IRQDisable, signals.IRQEnable}, "InterruptDisable": {signals.InterruptDisable, signals.InterruptEnable},
			"HardIRQDisable": {signals.HardIRQDisable, signals.HardIRQEnable}, "Disable": {preempt.Disable, preempt.Enable},
			"BHDisable": {signals.BHDisable, signals.BHEnable},
		} {
			before := ran.Load()
			mask[0]()
			assert.NoError(t, timer.Start(0, signals.HRTimerRel))
			for start := time.Now(); time.Since(start) < time.Millisecond; {
				runtime.KeepAlive(k)
			}
			early := ran.Load()
			active := timer.Active()
			mask[1]()
			assert.Equal(t, before, early, name)
			assert.True(t, active)
			for start := time.Now(); ran.Load() == before && time.Since(start) < time.Minute; {
				runtime.KeepAlive(k)
			}
			assert.Equal(t, before+1, ran.Load(), name)
		}
	})
}

// A periodic timer goes on until it says no more; Forward counts what was missed.
func TestHRTimerPeriodic(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	const period = 200 * time.Microsecond
	var times []time.Duration
	var overruns uint64
	done := make(chan struct{}, 1)
	timer := signals.NewHRTimer(func(x *signals.HRTimer) signals.HRTimerRestart {
		times = append(times, signals.Now())
		if len(times) == 20 {
			done <- struct{}{}
			return signals.HRTimerNoRestart
		}
		overruns += x.ForwardNow(period)
		return signals.HRTimerRestarts
	})
	start := signals.Now()
	require.NoError(t, timer.Start(start+period, signals.HRTimerAbs))
	<-done
	timer.Cancel()
	require.Len(t, times, 20)
	for i, at := range times {
		assert.GreaterOrEqual(t, at, start+time.Duration(i+1)*period, "%d", i)
	}
	assert.Equal(t, start+time.Duration(overruns+1)*period, timer.Expires())
	assert.Zero(t, timer.Forward(timer.Expires()-1, period))
	assert.EqualValues(t, 1, timer.Forward(timer.Expires(), period))
	assert.EqualValues(t, 4, timer.Forward(timer.Expires()+3*period+1, period))
}

// Cancel stops a timer that waits, and waits for one whose callback is running, from
// each context.
func TestHRTimerCancel(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var inside, after, left atomic.Bool
	body := func(*signals.HRTimer) signals.HRTimerRestart {
		inside.Store(true)
		for start := time.Now(); time.Since(start) < 3*time.Millisecond; {
			runtime.KeepAlive(k)
		}
		after.Store(left.Load())
		inside.Store(false)
		return signals.HRTimerRestarts // in the past: it would come at once
	}
	thread, err := signals.NewHRTimerTask(50, body)
	require.NoError(t, err)
	for name, timer := range map[string]*signals.HRTimer{"hard": signals.NewHRTimer(body), "soft": signals.NewHRTimerSoft(body), "task": thread} {
		t.Run(name, func(t *testing.T) {
			assert.Zero(t, timer.TryToCancel())
			require.NoError(t, timer.StartOn(1, time.Hour, signals.HRTimerRel))
			assert.True(t, timer.Active())
			assert.Equal(t, 1, timer.TryToCancel())
			assert.False(t, timer.Active())
			cancel := func() {
				left.Store(false)
				assert.NoError(t, timer.StartOn(1, 0, signals.HRTimerRel))
				for start := time.Now(); !inside.Load() && time.Since(start) < time.Minute; {
					runtime.Gosched()
				}
				timer.Cancel()
				left.Store(true)
				assert.False(t, inside.Load(), "Cancel did not wait")
				assert.False(t, timer.Active())
			}
			cancel()
			inTask(t, k, 0, cancel)
			if name != "task" {
				inTask(t, k, 0, func() {
					left.Store(false)
					assert.NoError(t, timer.StartOn(1, 0, signals.HRTimerRel))
					for start := time.Now(); !inside.Load() && time.Since(start) < time.Minute; {
						runtime.Gosched()
					}
					preempt.Disable()
					timer.Cancel()
					in := inside.Load()
					preempt.Enable()
					assert.False(t, in)
				})
			}
			assert.False(t, after.Load(), "a callback after Cancel")
			inTask(t, k, 1, func() { // where the callback runs, before any task
				assert.NoError(t, timer.StartOn(1, time.Hour, signals.HRTimerRel))
				assert.True(t, timer.Cancel())
				assert.False(t, timer.Cancel())
			})
		})
	}
}

// A timer that is far off lets an idle kernel park, and comes nevertheless.
func TestHRTimerFar(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	done := make(chan time.Duration, 2)
	f := func(x *signals.HRTimer) signals.HRTimerRestart {
		done <- signals.Now() - x.Expires()
		return signals.HRTimerNoRestart
	}
	one, two := signals.NewHRTimer(f), signals.NewHRTimer(f)
	require.NoError(t, one.StartOn(0, 300*time.Millisecond, signals.HRTimerRel))
	require.NoError(t, two.StartOn(1, 400*time.Millisecond, signals.HRTimerRel))
	time.Sleep(150 * time.Millisecond)
	sleeps := k.Stats().Total.Sleeps
	time.Sleep(100 * time.Millisecond)
	sleeps = k.Stats().Total.Sleeps - sleeps
	late := max(0, signals.Now()-one.Expires()+5*time.Millisecond) // by then the timers may be due
	assert.LessOrEqual(t, sleeps, uint64(6+late/(2*time.Millisecond)), "the CPUs look around all the time")
	for range 2 {
		late := <-done
		assert.GreaterOrEqual(t, late, time.Duration(0))
		t.Log("late by", late)
	}
	time.Sleep(200 * time.Millisecond) // both park
	sleeps = k.Stats().Total.Sleeps
	for n, x := range []*signals.HRTimer{one, two} {
		require.NoError(t, x.StartOn(n, time.Millisecond, signals.HRTimerRel))
	}
	for range 2 {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			require.FailNow(t, "a parked CPU does not notice its timer")
		}
	}
	eventually(t, "it does not park", func() bool { return k.Stats().Total.Sleeps > sleeps })
}
