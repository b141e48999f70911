package signals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/signals"
)

// A work that runs on two CPUs is busy until both have returned. (A callback that waited
// for the other CPU would wait for ever when Go stops the world.)
func TestIRQWorkBusyTwice(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	runs, busy := 0, false
	work := signals.NewIRQWork(func(w *signals.IRQWork) {
		if runs++; runs == 1 {
			signals.RunElsewhere(w)
			busy = w.Busy()
		}
	})
	queued, err := work.QueueOn(0)
	require.True(t, queued && err == nil)
	work.Sync()
	require.NoError(t, signals.SMPCallFunctionSingle(0, func() {}, true)) // has it seen
	assert.Equal(t, 2, runs)
	assert.True(t, busy)
	assert.False(t, work.Busy())
}
