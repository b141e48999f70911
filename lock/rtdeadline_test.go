package lock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
)

// Who holds an RTMutex that a Deadline task waits for runs by that one's deadline,
// before FIFO tasks of the highest priority, and without a budget of its own.
func TestRTMutexLendsDeadline(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	var m lock.RTMutex
	owns, waits := make(chan struct{}), make(chan struct{})
	var order []string // on one CPU, under m
	low, err := k.Spawn(gpm.Attr{Name: "low", Policy: gpm.Idle}, func() {
		m.Lock()
		close(owns)
		<-waits
		for start := time.Now(); time.Since(start) < 20*time.Millisecond || gpm.Current().Priority() == 0; {
			_ = gpm.Current()
		}
		order = append(order, "low")
		assert.Equal(t, gpm.MaxPriority+1, gpm.Current().Priority())
		m.Unlock()
		assert.Equal(t, 0, gpm.Current().Priority())
	})
	require.NoError(t, err)
	<-owns
	urgent, err := k.Spawn(gpm.Attr{Name: "deadline", Policy: gpm.Deadline, Runtime: time.Millisecond, Period: 100 * time.Millisecond}, func() {
		m.Lock()
		order = append(order, "deadline")
		m.Unlock()
	})
	require.NoError(t, err)
	// The host may have its CPU away for longer than its budget, so that it is throttled
	// before it waits. Its loan says that it does: what comes now is behind it.
	assert.Eventually(t, func() bool { return low.Priority() != 0 }, time.Minute, time.Millisecond)
	// Without the loan this one would keep the CPU from the owner for good.
	hog, err := k.Spawn(gpm.Attr{Name: "hog", Policy: gpm.FIFO, Priority: gpm.MaxPriority}, func() {
		for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
			_ = gpm.Current()
		}
		m.Lock()
		order = append(order, "hog")
		m.Unlock()
	})
	require.NoError(t, err)
	close(waits)
	for _, task := range []*gpm.Task{low, urgent, hog} {
		require.NoError(t, task.Wait(t.Context()))
	}
	require.Equal(t, []string{"low", "deadline", "hog"}, order)
}

// A Deadline task that has used up its budget goes on with what it is lent by one whose
// deadline is earlier.
func TestRTMutexLendsEarlierDeadline(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	var m lock.RTMutex
	owns := make(chan struct{})
	owner, err := k.Spawn(gpm.Attr{Policy: gpm.Deadline, Runtime: time.Millisecond, Period: 2 * time.Second}, func() {
		m.Lock()
		close(owns)
		for start := time.Now(); gpm.Current().Overruns() == 0 || time.Since(start) < 20*time.Millisecond; {
			_ = gpm.Current()
		}
		m.Unlock()
	})
	require.NoError(t, err)
	<-owns
	var took time.Duration
	urgent, err := k.Spawn(gpm.Attr{Policy: gpm.Deadline, Runtime: 5 * time.Millisecond, Period: 10 * time.Millisecond}, func() {
		for owner.Overruns() == 0 {
			gpm.Sleep(time.Millisecond)
		}
		start := time.Now()
		m.Lock()
		took = time.Since(start)
		m.Unlock()
	})
	require.NoError(t, err)
	require.NoError(t, urgent.Wait(t.Context()))
	require.NoError(t, owner.SetAttr(gpm.Attr{})) // it may owe some periods
	require.NoError(t, owner.Wait(t.Context()))
	assert.Less(t, took, time.Second, "the owner waits for its next period")
}
