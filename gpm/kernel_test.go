//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// boot starts a kernel for one test and shuts it down after it.
func boot(t testing.TB, config Config) *Kernel {
	t.Helper()
	k, err := Boot(config)
	require.NoError(t, err)
	t.Cleanup(func() { shutdown(t, k) })
	return k
}

// shutdown shuts k down, within a minute.
func shutdown(t testing.TB, k *Kernel) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, k.Shutdown(ctx))
}

// spawn starts a task.
func spawn(t testing.TB, k *Kernel, attr Attr, fn func()) *Task {
	t.Helper()
	task, err := k.Spawn(attr, fn)
	require.NoError(t, err)
	return task
}

// wait waits for tasks, a minute at most.
func wait(t testing.TB, tasks ...*Task) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, task := range tasks {
		if err := task.Wait(ctx); err != nil {
			require.NoError(t, err, "%v\n%s", task, task.k.dump())
		}
	}
}

// in runs fn as a task and waits for it. Meanwhile it leaves t alone: fn may assert in
// atomic context, and must not have to wait for t's lock.
func in(t testing.TB, k *Kernel, attr Attr, fn func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	task, err := k.Spawn(attr, fn)
	if err == nil {
		err = task.Wait(ctx)
	}
	if err != nil {
		require.NoError(t, err, "%v\n%s", task, k.dump())
	}
}
