//go:build linux

package signals_test

import (
	"context"
	"encoding/binary"
	"os"
	"os/signal"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/signals"
)

func eventfd(t testing.TB) int {
	t.Helper()
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Close(fd)) })
	return fd
}

// ring adds n to an eventfd.
func ring(t testing.TB, fd int, n uint64) {
	_, err := unix.Write(fd, binary.NativeEndian.AppendUint64(nil, n))
	assert.NoError(t, err)
}

// An eventfd's sum is counted, beside hogs, and Disable holds for it too.
func TestIRQEventfd(t *testing.T) {
	const cpus = 2
	k := torture.Kernel(t, gpm.Config{CPUs: cpus})
	stop := hogs(t, k, cpus, gpm.Attr{})
	fd := eventfd(t)
	var total atomic.Uint64
	i := request(t, signals.IRQFile(fd), func(_ *signals.IRQ, e signals.IRQEvent) { total.Add(uint64(e.Count)) }, signals.IRQOptions{CPU: 1})
	want := uint64(0)
	for n := range uint64(300) {
		ring(t, fd, n+1)
		want += n + 1
		if n%30 == 0 {
			eventually(t, "no handler", func() bool { return total.Load() == want })
		}
	}
	eventually(t, "no handler", func() bool { return total.Load() == want })
	i.Disable()
	ring(t, fd, 7)
	time.Sleep(5 * time.Millisecond)
	assert.Equal(t, want, total.Load())
	i.Enable()
	eventually(t, "no handler", func() bool { return total.Load() == want+7 })
	require.NoError(t, i.Free())
	ring(t, fd, 3)
	var b [8]byte
	_, err := unix.Read(fd, b[:])
	require.NoError(t, err, "it is still the kernel's")
	require.EqualValues(t, 3, binary.NativeEndian.Uint64(b[:]))
	stop()
}

// A descriptor is one request's at a time, of any number one after the other.
func TestIRQFileTwice(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	fd, other := eventfd(t), eventfd(t)
	var total atomic.Uint64
	count := func(_ *signals.IRQ, e signals.IRQEvent) { total.Add(uint64(e.Count)) }
	beside := request(t, signals.IRQFile(other), count, signals.IRQOptions{})
	for n := range uint64(3) {
		i := request(t, signals.IRQFile(fd), count, signals.IRQOptions{})
		_, err := signals.RequestIRQ(signals.IRQFile(fd), count, signals.IRQOptions{})
		require.ErrorIs(t, err, signals.ErrIRQBusy)
		ring(t, fd, 1)
		eventually(t, "no handler", func() bool { return total.Load() == n+1 })
		require.NoError(t, i.Free())
	}
	require.NoError(t, beside.Free())
}

// No signal is not descriptor 0.
func TestIRQNoSource(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	for _, s := range []signals.IRQSource{signals.IRQSignal(nil), {}} {
		_, err := signals.RequestIRQ(s, func(*signals.IRQ, signals.IRQEvent) {}, signals.IRQOptions{})
		require.ErrorIs(t, err, signals.ErrIRQSource)
		require.NotContains(t, err.Error(), "descriptor")
	}
}

func TestIRQTimerfd(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	require.NoError(t, err)
	defer unix.Close(fd)
	var total atomic.Uint64
	i := request(t, signals.IRQFile(fd), func(_ *signals.IRQ, e signals.IRQEvent) { total.Add(uint64(e.Count)) }, signals.IRQOptions{})
	period := unix.NsecToTimespec(1_000_000)
	require.NoError(t, unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: period, Value: period}, nil))
	eventually(t, "no handler", func() bool { return total.Load() >= 20 })
	require.NoError(t, i.Free())
}

// Shutdown in the middle of storms frees all lines, and another kernel can have them.
func TestIRQShutdown(t *testing.T) {
	var end atomic.Bool
	notified := make(chan os.Signal, 1)
	signal.Notify(notified, queued)
	defer signal.Stop(notified)
	done := make(chan struct{})
	fd := eventfd(t)
	go func() {
		defer close(done)
		for !end.Load() {
			sigqueue(t, queued, 0)
			ring(t, fd, 1)
			runtime.Gosched()
		}
	}()
	for range 5 {
		k := torture.Kernel(t, gpm.Config{CPUs: 2})
		var count [2]atomic.Uint32
		a := request(t, signals.IRQSignal(queued), func(*signals.IRQ, signals.IRQEvent) { count[0].Inc() }, signals.IRQOptions{})
		b := request(t, signals.IRQFile(fd), func(*signals.IRQ, signals.IRQEvent) { count[1].Inc() }, signals.IRQOptions{CPU: 1, OneShot: true})
		eventually(t, "no handler", func() bool { return count[0].Load() > 10 && count[1].Load() > 10 })
		freed := make(chan error)
		go func() { freed <- a.Free() }()
		require.NoError(t, k.Shutdown(context.Background()))
		require.NoError(t, <-freed)
		runs := [2]uint32{count[0].Load(), count[1].Load()}
		require.NoError(t, b.Free())
		require.ErrorIs(t, b.SetAffinity(0), signals.ErrShutdown)
		b.Disable()
		b.Enable()
		assert.Equal(t, runs, [2]uint32{count[0].Load(), count[1].Load()})
		for len(notified) > 0 {
			<-notified
		}
		<-notified // it is Go's again
	}
	end.Store(true)
	<-done
}
