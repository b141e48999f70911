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
