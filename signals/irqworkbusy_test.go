//go:build linux

package signals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/signals"
)

// A work that runs on two CPUs is busy until both have returned.
func TestIRQWorkBusyTwice(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var runs atomic.Int32
	var release atomic.Bool
	work := signals.NewIRQWork(func(*signals.IRQWork) {
		if runs.Inc() == 1 {
			for !release.Load() {
				busy()
			}
		}
	})
	for n := range 2 {
		queued, err := work.QueueOn(n)
		require.True(t, queued && err == nil)
		eventually(t, "it is not called", func() bool { return int(runs.Load()) == n+1 })
	}
	// What came after the second has run after it.
	require.NoError(t, signals.SMPCallFunctionSingle(1, func() {}, true))
	assert.True(t, work.Busy())
	synced := make(chan struct{})
	go func() { work.Sync(); close(synced) }()
	release.Store(true)
	<-synced
	assert.False(t, work.Busy())
	assert.EqualValues(t, 2, runs.Load())
}
