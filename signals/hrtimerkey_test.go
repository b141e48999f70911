package signals_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/signals"
)

// Forward leaves a timer alone that has been started again: a list goes by its expiry.
func TestHRTimerForwardStarted(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	var overruns uint64
	var expires [2]time.Duration
	done := make(chan struct{}, 1)
	timer := signals.NewHRTimer(func(x *signals.HRTimer) signals.HRTimerRestart {
		if err := x.Start(time.Hour, signals.HRTimerRel); err != nil {
			t.Error(err)
		}
		expires[0] = x.Expires()
		overruns = x.Forward(signals.Now()+2*time.Hour, time.Minute)
		expires[1] = x.Expires()
		done <- struct{}{}
		return signals.HRTimerRestarts
	})
	require.NoError(t, timer.StartOn(0, 0, signals.HRTimerRel))
	<-done
	assert.Zero(t, overruns)
	assert.Equal(t, expires[0], expires[1])
	assert.True(t, timer.Cancel())
	assert.Positive(t, timer.Forward(signals.Now()+2*time.Hour, time.Minute), "it is idle")
}

// A timer of any expiry has its place before one that never expires.
func TestHRTimerKeys(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	never := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart { return signals.HRTimerNoRestart })
	require.NoError(t, never.StartOn(0, math.MaxInt64, signals.HRTimerRel))
	done := make(chan struct{}, 1)
	timer := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart { done <- struct{}{}; return signals.HRTimerNoRestart })
	for _, mode := range []signals.HRTimerMode{signals.HRTimerAbs, signals.HRTimerRel} {
		for _, expiry := range []time.Duration{math.MinInt64, -time.Hour, -1, 0} {
			require.NoError(t, timer.StartOn(0, expiry, mode))
			select {
			case <-done:
			case <-time.After(10 * time.Second):
				require.FailNow(t, "it does not expire", "%d %v", mode, int64(expiry))
			}
		}
	}
	assert.True(t, never.Cancel())
}
