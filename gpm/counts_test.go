//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// Each of the statistics in per-CPU words rises when what it counts happens, on the
// CPU where that is. (TestLockedTasksDoNotStopTheKernel has departures,
// TestBusyEverywhere handovers.)
func TestCounts(t *testing.T) {
	k := boot(t, Config{CPUs: 2, Slice: time.Second})
	// rises does work until the figure of the CPU is more than now.
	rises := func(cpu int, figure func(CPUStats) uint64, work func()) {
		t.Helper()
		before := figure(k.Stats().CPUs[cpu])
		for start := time.Now(); figure(k.Stats().CPUs[cpu]) == before; work() {
			require.Less(t, time.Since(start), 30*time.Second)
		}
	}
	sleeps := func(s CPUStats) uint64 { return s.Sleeps }
	pulls := func(s CPUStats) uint64 { return s.Pulls }
	migrations := func(s CPUStats) uint64 { return s.Migrations }

	var stop atomic.Bool
	defer stop.Store(true)
	hog := func() {
		for !stop.Load() {
			call(1)
		}
	}
	held := spawn(t, k, Attr{CPUs: []int{0}}, hog)
	rises(1, sleeps, func() { in(t, k, Attr{CPUs: []int{1}}, func() {}) })
	other := spawn(t, k, Attr{CPUs: []int{1}}, hog)
	rises(1, migrations, func() {
		require.NoError(t, other.SetAttr(Attr{CPUs: []int{0}}))
		require.NoError(t, other.SetAttr(Attr{CPUs: []int{1}}))
	})
	require.NoError(t, other.SetAttr(Attr{CPUs: []int{1}, Policy: FIFO, Priority: 1}))
	rises(1, pulls, func() {
		// It is queued where the priority is lower, behind a long slice.
		in(t, k, Attr{CPUs: []int{1}, Policy: FIFO, Priority: 2}, func() {
			spawn(t, k, Attr{}, func() {})
			require.NoError(t, other.SetAttr(Attr{CPUs: []int{0}}))
		}) // CPU 1 is idle now
		require.NoError(t, other.SetAttr(Attr{CPUs: []int{1}, Policy: FIFO, Priority: 1}))
	})
	stop.Store(true)
	wait(t, held, other)
}
