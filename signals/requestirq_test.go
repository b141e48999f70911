//go:build linux

package signals_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
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

// queued is a real-time signal that nobody else uses.
const queued = unix.Signal(42)

func kill(t testing.TB, sig unix.Signal) {
	t.Helper()
	require.NoError(t, unix.Kill(os.Getpid(), sig))
}

func request(t testing.TB, s signals.IRQSource, f func(*signals.IRQ, signals.IRQEvent), o signals.IRQOptions) *signals.IRQ {
	t.Helper()
	i, err := signals.RequestIRQ(s, f, o)
	require.NoError(t, err)
	return i
}

// hog starts a task on every CPU that computes until stop says so.
func hogs(t testing.TB, k *gpm.Kernel, cpus int, attr gpm.Attr) (stop func()) {
	var end atomic.Bool
	var all []*gpm.Task
	for n := range cpus {
		attr.CPUs = []int{n}
		task, err := k.Spawn(attr, func() {
			for n := 0; !end.Load(); n++ {
				runtime.KeepAlive(n)
				busy()
			}
		})
		require.NoError(t, err)
		all = append(all, task)
	}
	return func() {
		end.Store(true)
		for _, task := range all {
			require.NoError(t, task.Wait(context.Background()))
		}
	}
}

// busy has a prologue, at which Go can preempt where it cannot elsewhere.
//
//go:noinline
func busy() {
	var a [1024]byte // too much for a leaf without one
	for i := range a {
		a[i] = byte(i)
	}
	runtime.KeepAlive(&a)
}

// The handler runs in a FIFO task on the line's CPU, the primary as a hard interrupt
// there, and each sees the batch.
func TestIRQContexts(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var hard, thread seen
	var count atomic.Uint32
	var priority int
	before := signals.Now()
	var got [2]signals.IRQEvent
	i := request(t, signals.IRQSignal(queued), func(_ *signals.IRQ, e signals.IRQEvent) {
		thread, got[1] = look(0), e
		priority = gpm.Current().Priority()
		count.Inc()
	}, signals.IRQOptions{CPU: 1, Name: "device", Primary: func(_ *signals.IRQ, e signals.IRQEvent) signals.IRQReturn {
		hard, got[0] = look(0), e
		return signals.IRQWakeThread
	}})
	kill(t, queued)
	eventually(t, "no handler", func() bool { return count.Load() == 1 })
	i.Synchronize()
	assert.True(t, hard.hard && hard.masked && hard.cpu == 1, "%+v", hard)
	assert.False(t, thread.hard || thread.soft || thread.masked || thread.cpu != 1 || !thread.preemptible, "%+v", thread)
	assert.Equal(t, 50, priority)
	assert.Equal(t, got[0], got[1])
	assert.EqualValues(t, 1, got[0].Count)
	assert.True(t, before < got[0].First && got[0].First == got[0].Last && got[0].Last < signals.Now(), "%v: %+v", before, got[0])
	assert.Equal(t, signals.IRQStats{Events: 1, Served: 1, Threaded: 1}, i.Stats())
	text := signals.FormatInterrupts(signals.Interrupts())
	assert.Contains(t, text, "S42:          0          1   signal 42   device")
	require.NoError(t, i.Free())
	assert.NotContains(t, signals.FormatInterrupts(signals.Interrupts()), "S42")
	require.NoError(t, i.Free())
}

// An idle kernel, whose CPUs have parked, wakes for a signal.
func TestIRQWakesParked(t *testing.T) {
	for _, cpus := range []int{1, 2} {
		k := torture.Kernel(t, gpm.Config{CPUs: cpus})
		var count atomic.Uint32
		i := request(t, signals.IRQSignal(unix.SIGUSR1), func(*signals.IRQ, signals.IRQEvent) { count.Inc() }, signals.IRQOptions{})
		for n := range uint32(3) {
			time.Sleep(150 * time.Millisecond) // five naps of 10 ms, and more
			kill(t, unix.SIGUSR1)
			eventually(t, "no handler", func() bool { return count.Load() == n+1 })
		}
		for n := range uint32(300) { // in all states in between
			time.Sleep(time.Duration(n) * time.Microsecond)
			kill(t, unix.SIGUSR1)
			eventually(t, "no handler", func() bool { return count.Load() == n+4 })
		}
		require.NoError(t, i.Free())
		require.NoError(t, k.Shutdown(context.Background()))
	}
}

// With all CPUs busy, signals from many threads all arrive: what is queued is counted
// one by one. Batches follow each other in time.
func TestIRQStorm(t *testing.T) {
	const cpus = 2
	for name, o := range map[string]signals.IRQOptions{
		"plain": {}, "one shot": {OneShot: true}, "shared": {Shared: true},
		"primary": {Primary: func(*signals.IRQ, signals.IRQEvent) signals.IRQReturn { return signals.IRQWakeThread }},
	} {
		t.Run(name, func(t *testing.T) {
			k := torture.Kernel(t, gpm.Config{CPUs: cpus})
			stop := hogs(t, k, cpus, gpm.Attr{})
			stopFIFO := hogs(t, k, cpus, gpm.Attr{Policy: gpm.FIFO, Priority: 49})
			var total, runs atomic.Uint64
			inside, begin := 0, signals.Now()
			i := request(t, signals.IRQSignal(queued), func(_ *signals.IRQ, e signals.IRQEvent) {
				inside++
				assert.Equal(t, 1, inside)
				// Not after what the last one had: Linux may take the thread between a
				// handler's look at the clock and its entry.
				assert.True(t, e.Count > 0 && begin <= e.First && e.First <= e.Last && e.Last <= signals.Now(), "%+v", e)
				total.Add(uint64(e.Count))
				runs.Inc()
				inside--
			}, o)
			const senders, each = 3, 1000
			var sent atomic.Uint64
			done := make(chan struct{})
			for range senders {
				go func() {
					defer func() { done <- struct{}{} }()
					for n := range each {
						for !sigqueue(t, queued, uint64(n)) {
							time.Sleep(100 * time.Microsecond)
						}
						sent.Inc()
						if n%100 == 0 {
							assert.NoError(t, i.SetAffinity(n/100%cpus))
						}
						if n%50 == 7 {
							i.DisableNosync()
							i.Enable()
						}
					}
				}()
			}
			for range senders {
				<-done
			}
			eventually(t, "signals are lost", func() bool { return total.Load() == senders*each })
			assert.EqualValues(t, sent.Load(), i.Stats().Events)
			require.NoError(t, i.Free())
			assert.Equal(t, runs.Load(), i.Stats().Threaded)
			assert.EqualValues(t, senders*each, total.Load())
			stopFIFO()
			stop()
		})
	}
}

// Signals to one thread after the other, CPUs among them, whatever those do.
func TestIRQAnyThread(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	stop := hogs(t, k, 2, gpm.Attr{})
	var total atomic.Uint64
	i := request(t, signals.IRQSignal(queued), func(_ *signals.IRQ, e signals.IRQEvent) { total.Add(uint64(e.Count)) }, signals.IRQOptions{CPU: 1})
	sent := uint64(0)
	for range 30 {
		for _, tid := range threads(t, queued) {
			if unix.Tgkill(os.Getpid(), tid, queued) == nil {
				sent++
			}
		}
	}
	eventually(t, "signals are lost", func() bool { return total.Load() == sent })
	stop()
	require.NoError(t, i.Free())
}

// threads returns those that do not block the signal, as the one of os/signal does.
func threads(t *testing.T, sig unix.Signal) (tids []int) {
	t.Helper()
	names, err := filepath.Glob("/proc/self/task/*/status")
	require.NoError(t, err)
	for _, name := range names {
		text, _ := os.ReadFile(name) // it may have ended
		var tid int
		var mask uint64
		for line := range strings.Lines(string(text)) {
			_, _ = fmt.Sscanf(line, "Pid: %d", &tid)
			_, _ = fmt.Sscanf(line, "SigBlk: %x", &mask)
		}
		if tid != 0 && mask>>(sig-1)&1 == 0 {
			tids = append(tids, tid)
		}
	}
	return tids
}

// os/signal.Notify has the signal too if the line is shared, else not, and again once
// it is free.
func TestIRQShared(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	c := make(chan os.Signal, 10)
	signal.Notify(c, unix.SIGUSR2)
	defer signal.Stop(c)
	for _, shared := range []bool{true, false, true} {
		var count atomic.Uint32
		i := request(t, signals.IRQSignal(unix.SIGUSR2), func(*signals.IRQ, signals.IRQEvent) { count.Inc() }, signals.IRQOptions{Shared: shared})
		kill(t, unix.SIGUSR2)
		eventually(t, "no handler", func() bool { return count.Load() == 1 })
		if shared {
			require.Equal(t, unix.SIGUSR2, <-c)
			signal.Stop(c)
			signal.Notify(c, unix.SIGUSR2) // Go does not take it back
			kill(t, unix.SIGUSR2)
			eventually(t, "no handler", func() bool { return count.Load() == 2 })
			require.Equal(t, unix.SIGUSR2, <-c)
			count.Store(1)
		}
		require.NoError(t, i.Free())
		kill(t, unix.SIGUSR2)
		require.Equal(t, unix.SIGUSR2, <-c)
		assert.EqualValues(t, 1, count.Load())
		assert.Empty(t, c)
	}
	// On a CPU's own thread.
	var count atomic.Uint32
	i := request(t, signals.IRQSignal(unix.SIGUSR2), func(*signals.IRQ, signals.IRQEvent) { count.Inc() }, signals.IRQOptions{Shared: true})
	inTask(t, k, 0, func() {
		if err := unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGUSR2); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "no handler", func() bool { return count.Load() == 1 })
	require.Equal(t, unix.SIGUSR2, <-c)
	require.NoError(t, i.Free())
}

func TestIRQErrors(t *testing.T) {
	f := func(*signals.IRQ, signals.IRQEvent) {}
	refused := func(want error, s signals.IRQSource, f func(*signals.IRQ, signals.IRQEvent), o signals.IRQOptions) {
		t.Helper()
		i, err := signals.RequestIRQ(s, f, o)
		require.ErrorIs(t, err, want)
		require.Nil(t, i)
	}
	refused(signals.ErrShutdown, signals.IRQSignal(unix.SIGUSR1), f, signals.IRQOptions{})
	torture.Kernel(t, gpm.Config{CPUs: 1})
	own := 0
	for sig := unix.Signal(1); sig <= 64; sig++ {
		i, err := signals.RequestIRQ(signals.IRQSignal(sig), f, signals.IRQOptions{NoAutoEnable: true})
		if err == nil {
			refused(signals.ErrIRQBusy, signals.IRQSignal(sig), f, signals.IRQOptions{})
			require.NoError(t, i.Free())
			continue
		}
		require.ErrorIs(t, err, signals.ErrIRQBusy, "%v", sig)
		if strings.Contains(err.Error(), "the kernel's own") {
			own++
		}
		switch sig {
		case unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGIO, unix.SIGWINCH, 40, 41, 42:
			t.Errorf("%v: %v", sig, err)
		}
	}
	assert.Equal(t, 1, own)
	for _, sig := range []unix.Signal{unix.SIGURG, unix.SIGPROF, unix.SIGSEGV, unix.SIGKILL, unix.SIGSTOP, unix.SIGBUS, unix.SIGFPE, unix.SIGTRAP, 33} {
		refused(signals.ErrIRQBusy, signals.IRQSignal(sig), f, signals.IRQOptions{})
	}
	refused(signals.ErrIRQSource, signals.IRQSignal(unix.Signal(0)), f, signals.IRQOptions{})
	refused(signals.ErrIRQSource, signals.IRQSignal(unix.Signal(65)), f, signals.IRQOptions{})
	refused(signals.ErrIRQSource, signals.IRQSignal(unix.SIGUSR1), nil, signals.IRQOptions{})
	refused(signals.ErrPriority, signals.IRQSignal(unix.SIGUSR1), f, signals.IRQOptions{Priority: 100})
	refused(signals.ErrPriority, signals.IRQSignal(unix.SIGUSR1), f, signals.IRQOptions{Priority: -1})
	refused(signals.ErrCPU, signals.IRQSignal(unix.SIGUSR1), f, signals.IRQOptions{CPU: 1})
	refused(signals.ErrIRQSource, signals.IRQFile(-1), f, signals.IRQOptions{})
	refused(signals.ErrIRQSource, signals.IRQFile(12345), f, signals.IRQOptions{})
	var pipe [2]int
	require.NoError(t, unix.Pipe2(pipe[:], unix.O_NONBLOCK|unix.O_CLOEXEC))
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	refused(signals.ErrIRQSource, signals.IRQFile(pipe[0]), f, signals.IRQOptions{})
	blocks, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	require.NoError(t, err)
	defer unix.Close(blocks)
	refused(signals.ErrIRQSource, signals.IRQFile(blocks), f, signals.IRQOptions{})
	fd := eventfd(t)
	refused(signals.ErrIRQSource, signals.IRQFile(fd), f, signals.IRQOptions{Shared: true})
	signal.Ignore(unix.SIGUSR1)
	refused(signals.ErrIRQBusy, signals.IRQSignal(unix.SIGUSR1), f, signals.IRQOptions{})
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGUSR1) // Reset would leave it ignored
	signal.Stop(c)
}
