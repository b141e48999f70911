//go:build linux

package signals_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/signals"
)

// A line whose CPU goes offline is served elsewhere, and there again afterwards.
func TestIRQOffline(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var count, elsewhere atomic.Uint32
	i := request(t, signals.IRQSignal(queued), func(*signals.IRQ, signals.IRQEvent) {
		if gpm.Current().CPU() == 0 {
			elsewhere.Inc()
		}
		count.Inc()
	}, signals.IRQOptions{CPU: 1})
	for n := range uint32(10) {
		if n%2 == 1 {
			require.NoError(t, k.Offline(1))
		} else {
			require.NoError(t, k.Online(1))
		}
		kill(t, queued)
		eventually(t, "no handler", func() bool { return count.Load() == n+1 })
	}
	assert.Equal(t, uint32(5), elsewhere.Load(), "the handler runs where its CPU is, or elsewhere while that is offline")
	require.NoError(t, i.Free())
}

// A line cannot be moved to a CPU that is offline, and nothing changes then.
func TestIRQAffinityOffline(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 3})
	var at atomic.Int32
	i := request(t, signals.IRQSignal(queued), func(*signals.IRQ, signals.IRQEvent) { at.Store(int32(gpm.Current().CPU())) },
		signals.IRQOptions{CPU: 1})
	served := func(want int) {
		t.Helper()
		before := i.Stats().Threaded
		kill(t, queued)
		eventually(t, "no handler", func() bool { return i.Stats().Threaded == before+1 })
		i.Synchronize()
		require.EqualValues(t, want, at.Load())
		require.Equal(t, want, i.Affinity())
	}
	require.NoError(t, k.Offline(2))
	require.ErrorIs(t, i.SetAffinity(2), signals.ErrCPU)
	served(1)
	require.NoError(t, k.Online(2))
	served(1)
	require.NoError(t, i.SetAffinity(2))
	served(2)
	require.NoError(t, i.Free())
}

// What has no CPU of its own is put on one that is online.
func TestAnyCPUOnline(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 3})
	var runs, elsewhere atomic.Int32
	here := func() {
		if n, _ := cpuNumber(); n != 1 {
			elsewhere.Inc()
		}
		runs.Inc()
	}
	timer := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart {
		here()
		return signals.HRTimerNoRestart
	})
	require.NoError(t, timer.StartOn(0, time.Hour, signals.HRTimerRel))
	require.True(t, timer.Cancel())
	require.NoError(t, k.Offline(0))
	require.NoError(t, k.Offline(2))
	work, tasklet := signals.NewIRQWork(func(*signals.IRQWork) { here() }), signals.NewTasklet(here)
	for range 6 {
		for _, start := range []func() error{
			func() error { return timer.Start(0, signals.HRTimerRel) },
			func() error {
				_, err := work.Queue()
				return err
			},
			tasklet.Schedule,
		} {
			before := runs.Load()
			require.NoError(t, start())
			eventually(t, "no callback", func() bool { return runs.Load() == before+1 })
			timer.Cancel()
			work.Sync()
			tasklet.Kill()
		}
		timer = signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart {
			here()
			return signals.HRTimerNoRestart
		})
	}
	assert.Zero(t, elsewhere.Load(), "callbacks on CPUs that are offline")
}

// StopMachine's function runs on CPUs that are online only: on the first, or on those
// of the list.
func TestStopMachineOffline(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 3})
	require.NoError(t, k.Offline(0))
	stop := func(cpus []int) (at [3]int, err error) {
		err = signals.StopMachine(func() error {
			n, _ := cpuNumber()
			at[n]++
			return nil
		}, cpus)
		return at, err
	}
	for _, c := range []struct {
		cpus []int
		want [3]int
	}{{nil, [3]int{0, 1, 0}}, {[]int{2}, [3]int{0, 0, 1}}, {[]int{0, 1, 2, 1}, [3]int{0, 1, 1}}} {
		at, err := stop(c.cpus)
		require.NoError(t, err)
		require.Equal(t, c.want, at, "%v", c.cpus)
	}
	for _, cpus := range [][]int{{0}, {}, {1, 3}} {
		at, err := stop(cpus)
		require.ErrorIs(t, err, signals.ErrCPU)
		require.Zero(t, at)
	}
	require.NoError(t, k.Online(0))
	at, err := stop(nil)
	require.NoError(t, err)
	require.Equal(t, [3]int{1, 0, 0}, at)
}

// A CPU that is offline is called by nobody.
func TestSMPCallOffline(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	calls := func() (n uint32) {
		var called atomic.Uint32
		require.NoError(t, signals.OnEachCPU(func() { called.Inc() }, true))
		return called.Load()
	}
	require.Equal(t, uint32(2), calls())
	require.NoError(t, k.Offline(1))
	require.Equal(t, uint32(1), calls())
	require.ErrorIs(t, signals.SMPCallFunctionSingle(1, func() {}, true), signals.ErrCPU)
	require.NoError(t, signals.SMPCallFunctionMany([]int{1}, func() { assert.Fail(t, "it is offline") }, true))
	require.NoError(t, k.Online(1))
	require.Equal(t, uint32(2), calls())
	require.NoError(t, signals.SMPCallFunctionSingle(1, func() {}, true))
}

// While a CPU goes offline and comes back, a call on it has been made, or is refused.
func TestSMPCallAgainstOffline(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var end atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !end.Load() {
			assert.NoError(t, k.Offline(1))
			assert.NoError(t, k.Online(1))
		}
	}()
	made, refused, lost := 0, 0, 0
	rounds := 200000
	if testing.Short() {
		rounds = 40000
	}
	limit := time.Now().Add(20 * time.Second)
	for n := 0; n < rounds && time.Now().Before(limit) || made == 0 || refused == 0; n++ {
		called := false
		switch err := signals.SMPCallFunctionSingle(1, func() { called = true }, true); {
		case err != nil:
			assert.ErrorIs(t, err, signals.ErrCPU)
			assert.False(t, called)
			refused++
		case called:
			made++
		default:
			lost++
		}
	}
	end.Store(true)
	<-done
	assert.Zero(t, lost, "calls that were not made; %d were, %d were refused", made, refused)
}
