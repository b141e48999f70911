package rcu_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/preempt"
)

func TestMain(m *testing.M) { leak.Main(m) }

// boot starts a kernel for the test, or skips where there can be none.
func boot(t testing.TB, c gpm.Config) *gpm.Kernel {
	t.Helper()
	k, err := gpm.Boot(c)
	if errors.Is(err, gpm.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, k.Shutdown(ctx))
	})
	return k
}

// spawn starts fn as a task.
func spawn(t testing.TB, k *gpm.Kernel, attr gpm.Attr, fn func()) *gpm.Task {
	t.Helper()
	task, err := k.Spawn(attr, fn)
	require.NoError(t, err)
	return task
}

// wait waits for tasks, a minute at most.
func wait(t testing.TB, tasks ...*gpm.Task) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, task := range tasks {
		require.NoError(t, task.Wait(ctx), "%v", task)
	}
}

// in runs fn as a task of a kernel of its own.
func in(t testing.TB, fn func()) {
	t.Helper()
	k := boot(t, gpm.Config{})
	wait(t, spawn(t, k, gpm.Attr{}, fn))
}

// bugs collects the BUGs that fn causes.
func bugs(fn func()) (found []*preempt.Bug) {
	var mu sync.Mutex
	old := preempt.SetBugHandler(func(b *preempt.Bug) {
		mu.Lock()
		defer mu.Unlock()
		found = append(found, b)
	})
	defer preempt.SetBugHandler(old)
	fn()
	mu.Lock()
	defer mu.Unlock()
	return found
}

// after starts fn as a goroutine and returns what is closed when it has returned.
func after(fn func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	return done
}

// over reports whether c gets closed, or is closed, within d.
func over(c <-chan struct{}, d time.Duration) bool {
	select {
	case <-c:
		return true
	case <-time.After(d):
		return false
	}
}

// long is longer than a grace period takes that nothing holds up; short is long
// enough that one that should be held up, and is not, is noticed mostly.
const (
	long  = 30 * time.Second
	short = 20 * time.Millisecond
)

// eventually waits until cond holds.
func eventually(t testing.TB, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, long, time.Millisecond)
}
