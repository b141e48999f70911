//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// limitSignals lets this user have no more than n signals queued; each timer
// has one for itself. It returns the function that takes that back.
func limitSignals(t *testing.T, n uint64) (restore func()) {
	t.Helper()
	var old unix.Rlimit
	require.NoError(t, unix.Prlimit(0, unix.RLIMIT_SIGPENDING, nil, &old))
	require.NoError(t, unix.Prlimit(0, unix.RLIMIT_SIGPENDING, &unix.Rlimit{Cur: min(n, old.Max), Max: old.Max}, nil))
	return func() { require.NoError(t, unix.Prlimit(0, unix.RLIMIT_SIGPENDING, &old, nil)) }
}

// queuedSignals returns how many this user has.
func queuedSignals(t *testing.T) (n uint64) {
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(status), "\nSigQ:")
	_, err = fmt.Sscanf(rest, "%d/", &n)
	require.NoError(t, err)
	return n
}

// bootLater boots once more, now that nothing is in the way.
func bootLater(t *testing.T) {
	t.Helper()
	k, err := Boot(Config{})
	require.NoError(t, err)
	in(t, k, Attr{}, func() { time.Sleep(time.Millisecond) })
	shutdown(t, k)
}

// Timers run out before the first CPU, or some later one, has its own (other
// processes of this user may have a say in it): those that have started go back.
func TestRestoredAfterHalfAStart(t *testing.T) {
	const cpus = 4
	check := untouched(t)
	stages := map[string]int{}
	for i := range 10 {
		restore := limitSignals(t, (queuedSignals(t)+uint64(i)/2)*uint64(min(i, 1)))
		k, err := Boot(Config{CPUs: cpus, Procs: 1})
		restore()
		if err != nil {
			require.ErrorIs(t, err, ErrUnsupported)
			stages[err.Error()]++
		} else {
			shutdown(t, k)
		}
		check()
	}
	for stage, n := range stages {
		t.Log(n, stage)
	}
	require.NotEmpty(t, stages)
	bootLater(t)
	check()
}

// withStep has the self-test begin with a step of the test's.
func withStep(t *testing.T, run func(*Kernel) (string, error)) {
	old := selfTestSteps
	selfTestSteps = append([]selfTestStep{{"a step of a test's", run}}, old...)
	t.Cleanup(func() { selfTestSteps = old })
}

// The self-test fails, in earnest, because Linux delivers no interrupts: Boot
// names the step, all is restored, and when they are delivered again it works.
func TestRestoredAfterSelfTest(t *testing.T) {
	check := untouched(t)
	restore := func() {}
	withStep(t, func(k *Kernel) (string, error) {
		restore = limitSignals(t, 0)
		return "", nil
	})
	_, err := Boot(Config{})
	restore()
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorIs(t, err, errNoInterrupt)
	require.ErrorContains(t, err, "self-test: a loop with calls is preempted: ")
	t.Log(err)
	check()
	selfTestSteps = selfTestSteps[1:]
	bootLater(t)
	check()
}

// Whichever step fails, with tasks of its own still there, all is restored.
func TestRestoredAfterEachStep(t *testing.T) {
	check := untouched(t)
	broken := errors.New("broken on purpose")
	steps := slices.Clone(selfTestSteps)
	t.Cleanup(func() { selfTestSteps = steps })
	for i, step := range steps {
		selfTestSteps = slices.Clone(steps)
		selfTestSteps[i].run = func(k *Kernel) (string, error) {
			_, _ = step.run(k)
			for range 3 {
				_, err := k.Spawn(Attr{Name: "left over"}, func() { time.Sleep(time.Millisecond) })
				require.NoError(t, err)
			}
			return "", broken
		}
		_, err := Boot(Config{})
		require.ErrorIs(t, err, ErrUnsupported)
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, step.name)
		check()
	}
	selfTestSteps = steps
	bootLater(t)
}

// A self-test that leaves a task that does not end: nothing can be put back
// before it does, and Boot says so instead of waiting forever.
func TestGiveUp(t *testing.T) {
	check := untouched(t)
	defer func(d time.Duration) { giveUpAfter = d }(giveUpAfter)
	giveUpAfter = 50 * time.Millisecond
	end := make(chan bool)
	withStep(t, func(k *Kernel) (string, error) {
		_, err := k.Spawn(Attr{Name: "does not end"}, func() { <-end })
		require.NoError(t, err)
		return "", errTimeout
	})
	_, err := Boot(Config{})
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorIs(t, err, errTimeout)
	require.ErrorContains(t, err, "its tasks have not ended after 50ms")
	_, err = Boot(Config{})
	require.ErrorIs(t, err, ErrBooted)
	close(end)
	selfTestSteps = selfTestSteps[1:]
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		k, err := Boot(Config{})
		if err == nil {
			shutdown(t, k)
			break
		}
		require.ErrorIs(t, err, ErrBooted)
		require.True(t, time.Now().Before(end), "what Boot has changed stays")
	}
	check()
}
