package lock_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/preempt"
)

// Holders allocate, with the collector running all the time. (An allocation that
// helped the collector waited for a semaphore, with the lock held; the next owner
// of that was a preempted task; and every CPU was in an atomic section, one with the
// holder and the others spinning for its lock.)
func TestSpinLockHoldersAllocate(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 3, Slice: 100 * time.Microsecond})
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	var bugs atomic.Int64
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(b *preempt.Bug) {
		bugs.Inc()
		t.Log(b)
	}))
	length := 3 * time.Second
	if testing.Short() {
		length = time.Second
	}
	var inner lock.SpinLock
	var tasks []*gpm.Task
	end := time.Now().Add(length)
	for n := range 6 {
		task, err := k.Spawn(gpm.Attr{CPUs: []int{n % 3}}, func() {
			var outer lock.SpinLock
			for time.Now().Before(end) {
				outer.Lock()
				inner.Lock()
				var keep [][]byte
				for range 20 {
					keep = append(keep, newBytes(1<<10))
				}
				runtime.KeepAlive(keep)
				inner.Unlock()
				outer.Unlock()
			}
		})
		require.NoError(t, err)
		tasks = append(tasks, task)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, task := range tasks {
		require.NoError(t, task.Wait(ctx))
	}
	require.Zero(t, bugs.Load())
}

//go:noinline
func newBytes(n int) []byte { return make([]byte, n) }
