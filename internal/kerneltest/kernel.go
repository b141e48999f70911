package kerneltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
)

// patience is how long anything may take that must end.
const patience = 2 * time.Minute

// Boot boots a kernel that ends with the test, or skips the test where there can
// be none. The test may shut it down before.
func Boot(t testing.TB, c gpm.Config) *gpm.Kernel {
	t.Helper()
	k, err := gpm.Boot(c)
	if errors.Is(err, gpm.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := k.Shutdown(ctx); !errors.Is(err, gpm.ErrShutdown) {
			require.NoError(t, err)
		}
	})
	return k
}

// Spawn starts fn as a task.
func Spawn(t testing.TB, k *gpm.Kernel, attr gpm.Attr, fn func()) *gpm.Task {
	t.Helper()
	task, err := k.Spawn(attr, fn)
	require.NoError(t, err)
	return task
}

// Wait waits for tasks.
func Wait(t testing.TB, tasks ...*gpm.Task) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, task := range tasks {
		require.NoError(t, task.Wait(ctx), "%v", task)
	}
}

// In runs fn as a task and waits for it. Meanwhile it leaves t alone: fn may assert in
// atomic context, and must not have to wait for t's lock.
func In(t testing.TB, k *gpm.Kernel, attr gpm.Attr, fn func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	task, err := k.Spawn(attr, fn)
	if err == nil {
		err = task.Wait(ctx)
	}
	require.NoError(t, err)
}
