package percpu_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/preempt"
)

func TestMain(m *testing.M) { leak.Main(m) }

// kernel boots a kernel for the test, or skips where there can be none.
func kernel(t testing.TB, c gpm.Config) *gpm.Kernel {
	t.Helper()
	k, err := gpm.Boot(c)
	if errors.Is(err, gpm.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := k.Shutdown(ctx); !errors.Is(err, gpm.ErrShutdown) {
			require.NoError(t, err)
		}
	})
	return k
}

// spawn starts a task.
func spawn(t testing.TB, k *gpm.Kernel, attr gpm.Attr, fn func()) *gpm.Task {
	t.Helper()
	task, err := k.Spawn(attr, fn)
	require.NoError(t, err)
	return task
}

// wait waits for tasks, two minutes at most.
func wait(t testing.TB, tasks ...*gpm.Task) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for _, task := range tasks {
		require.NoError(t, task.Wait(ctx), "%v", task)
	}
}

// in runs fn as a task and waits for it.
func in(t testing.TB, k *gpm.Kernel, attr gpm.Attr, fn func()) {
	t.Helper()
	wait(t, spawn(t, k, attr, fn))
}

// caught runs fn with a handler and returns the Bugs it was called for.
func caught(fn func()) (bugs []*preempt.Bug) {
	old := preempt.SetBugHandler(func(b *preempt.Bug) { bugs = append(bugs, b) })
	defer preempt.SetBugHandler(old)
	fn()
	return bugs
}

// oneBug runs fn, which must raise one BUG that says what, and name this test's
// code as its caller.
func oneBug(t testing.TB, what string, fn func()) {
	t.Helper()
	bugs := caught(fn)
	if len(bugs) != 1 {
		t.Errorf("%d BUGs, want one that says %q: %v", len(bugs), what, bugs)
		return
	}
	require.Contains(t, bugs[0].What, what)
	require.Contains(t, bugs[0].Caller, "_test.go")
}
