//go:build linux

package signals_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/signals"
)

// Synchronize waits for what has come so far, also if its thread never finds nothing
// to do.
func TestIRQSynchronizeBusy(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var stop atomic.Bool
	i := request(t, signals.IRQSignal(queued), func(i *signals.IRQ, _ signals.IRQEvent) {
		before := i.Stats().Served
		for !stop.Load() && i.Stats().Served == before { // the next has come when this one ends
			_ = unix.Kill(unix.Getpid(), queued)
			time.Sleep(20 * time.Microsecond)
		}
	}, signals.IRQOptions{})
	kill(t, queued)
	eventually(t, "no handler", func() bool { return i.Stats().Threaded > 3 })
	done := make(chan struct{})
	go func() { i.Synchronize(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("it waits for what comes later")
	}
	stop.Store(true)
	<-done
	require.NoError(t, i.Free())
}

// Shutdown waits for a Free that has begun: the line's tasks need the CPUs to end.
func TestIRQFreeAgainstShutdown(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	i := request(t, signals.IRQSignal(queued), func(*signals.IRQ, signals.IRQEvent) {}, signals.IRQOptions{})
	release := signals.HoldThread(i)
	freed, down := make(chan error, 1), make(chan error, 1)
	go func() { freed <- i.Free() }()
	eventually(t, "Free does not begin", func() bool { return signals.Closing(i) })
	time.Sleep(2 * time.Millisecond)
	go func() { down <- k.Shutdown(context.Background()) }()
	select {
	case <-down:
		t.Error("Shutdown has not waited")
		down <- nil
	case <-time.After(300 * time.Millisecond):
	}
	release()
	require.NoError(t, <-freed)
	require.NoError(t, <-down)
}

// A handler that is waited for by Free may be in SetAffinity, which then refuses.
func TestIRQFreeAgainstSetAffinity(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var inside atomic.Bool
	moved := make(chan error, 1)
	i := request(t, signals.IRQSignal(queued), func(i *signals.IRQ, _ signals.IRQEvent) {
		inside.Store(true)
		for !signals.Closing(i) {
			time.Sleep(20 * time.Microsecond)
		}
		time.Sleep(2 * time.Millisecond) // Free waits for us now
		moved <- i.SetAffinity(1)
	}, signals.IRQOptions{})
	kill(t, queued)
	eventually(t, "no handler", inside.Load)
	freed := make(chan error, 1)
	go func() { freed <- i.Free() }()
	eventually(t, "they wait for each other", func() bool { return len(freed) == 1 })
	require.NoError(t, <-freed)
	require.ErrorIs(t, <-moved, signals.ErrShutdown)
}
