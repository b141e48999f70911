//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A task whose start began before Shutdown did, and was held up until the kernel was
// empty, is refused like one that comes later, and leaves no bandwidth taken.
func TestShutdownWhileSpawning(t *testing.T) {
	k, err := Boot(Config{})
	require.NoError(t, err)
	late, err := k.newTask(Attr{Policy: Deadline, Runtime: time.Millisecond, Period: 10 * time.Millisecond})
	require.NoError(t, err)
	doing, err := k.newTask(Attr{})
	require.NoError(t, err)
	shutdown(t, k)
	require.ErrorIs(t, late.start(func() { assert.Fail(t, "it ran") }), ErrShutdown)
	require.Zero(t, k.promised)
	onG0(listOnG0, doing)
	require.ErrorIs(t, doing.refused(), ErrShutdown)
	require.Zero(t, k.live)
}

// Nobody gets a task that never runs, whoever starts it while the kernel shuts down.
func TestShutdownAgainstSpawn(t *testing.T) {
	for range 10 {
		k, err := Boot(Config{})
		require.NoError(t, err)
		done := make(chan int64)
		for i := range 4 {
			go func() {
				var ran int64
				defer func() { done <- ran }()
				for {
					var task *Task
					var err error
					switch i {
					case 0:
						err = k.Do(Attr{}, func() { ran++ })
					default:
						task, err = k.Spawn(Attr{}, func() { ran++ })
					}
					if err != nil {
						assert.ErrorIs(t, err, ErrShutdown)
						return
					}
					if task != nil {
						assert.NoError(t, task.Wait(context.Background()))
					}
				}
			}()
		}
		shutdown(t, k)
		for range 4 {
			<-done
		}
	}
}
