//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// What a task says of itself, in each of its states.
func TestTaskSays(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	var stop atomic.Bool
	defer stop.Store(true)
	c := make(chan int)
	attr := Attr{Name: "subject", CPUs: []int{0}}
	task := spawn(t, k, attr, func() {
		<-c
		for !stop.Load() {
			call(1)
		}
	})
	require.Equal(t, "subject", task.Name())
	require.Equal(t, attr, task.Attr())
	require.Contains(t, task.String(), `"subject"`)
	reaches := func(want State) {
		t.Helper()
		for start := time.Now(); task.State() != want; time.Sleep(time.Millisecond) {
			require.Less(t, time.Since(start), 30*time.Second, "it is %v, want %v", task.State(), want)
		}
	}
	reaches(Blocked)
	require.Equal(t, -1, task.CPU())
	require.NotZero(t, task.Goroutine())
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, task.Wait(ctx), context.DeadlineExceeded)

	had, begin := task.Cycles(), time.Now()
	close(c)
	reaches(Running)
	require.Zero(t, task.CPU())
	other := spawn(t, k, Attr{Policy: FIFO, Priority: 3}, func() {
		assert.Equal(t, Runnable, task.State())
		assert.Equal(t, -1, task.CPU())
		assert.NotEqual(t, Current().ID(), task.ID())
	})
	wait(t, other)
	time.Sleep(20 * time.Millisecond)
	stop.Store(true)
	wait(t, task)
	reaches(Dead)
	ran := time.Since(begin)
	require.Zero(t, task.Goroutine())
	require.Equal(t, -1, task.CPU())
	require.Greater(t, task.Runtime(), 15*time.Millisecond)
	require.LessOrEqual(t, task.k.duration(task.Cycles()-had), ran)
	require.NoError(t, task.Wait(context.Background()))
}
