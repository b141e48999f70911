//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/internal/goport"
)

// Every step passes, or says why it is skipped.
func TestSelfTest(t *testing.T) {
	for _, cpus := range []int{1, 2} {
		k, err := Boot(Config{CPUs: cpus})
		require.NoError(t, err)
		checks, err := k.SelfTest()
		require.NoError(t, err)
		require.Len(t, checks, len(selfTestSteps))
		for i, c := range checks {
			t.Logf("%d CPUs: %+v", cpus, c)
			require.Equal(t, selfTestSteps[i].name, c.Name)
			require.NoError(t, c.Err)
			require.Positive(t, c.Took)
			skipped := c.Name == "a running task migrates" && cpus == 1 ||
				c.Name == "a loop without calls is preempted" && goport.AsyncPreemptOff() != ""
			require.Equal(t, skipped, c.Skipped, "%+v", c)
			if skipped {
				require.NotEmpty(t, c.Note)
			}
		}
		shutdown(t, k)
	}
}

// Beside ordinary goroutines that compute the tester, which is one too, is run when a
// CPU gives its P away for it, so when that CPU runs nothing: it must not conclude that
// nothing runs there ever, or that interrupts do not come.
func TestBootBesideGoroutines(t *testing.T) {
	defer ordinaryHogs(runtime.GOMAXPROCS(0))()
	for i := range 6 {
		k, err := Boot(Config{CPUs: 1 + i%2})
		require.NoError(t, err)
		shutdown(t, k)
	}
}

// A slice that is longer than the test's loops cannot be waited for.
func TestSelfTestLongSlice(t *testing.T) {
	k := boot(t, Config{Slice: time.Second})
	checks, err := k.SelfTest()
	require.NoError(t, err)
	for _, c := range checks {
		if c.Name == "a tick ends a slice" {
			require.True(t, c.Skipped, "%+v", c)
		}
	}
}

// GODEBUG=asyncpreemptoff=1 is reported when the kernel boots; the loop without
// calls, which is skipped then, really cannot be preempted.
func TestAsyncPreemptOffIsReported(t *testing.T) {
	if !inChild(t, "GODEBUG=asyncpreemptoff=1") {
		return
	}
	var log records
	k := boot(t, Config{Logger: slog.New(&log)})
	all := log.all()
	require.Len(t, all, 1)
	require.Equal(t, slog.LevelWarn, all[0].Level)
	require.Equal(t, "asyncpreemptoff=1", all[0].attr("GODEBUG").String())
	_, err := k.tryPreemptLoop((*spinner).withoutCalls)
	require.ErrorIs(t, err, errLate)
	_, err = k.preemptLoop((*spinner).withCalls)
	require.NoError(t, err)
}
