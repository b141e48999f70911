//go:build linux

package signals_test

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// What comes while a line is disabled is one batch when it is enabled, by the last of
// nested calls.
func TestIRQDisable(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var events atomic.String
	i := request(t, signals.IRQSignal(queued), func(_ *signals.IRQ, e signals.IRQEvent) {
		events.Store(events.Load() + string(rune('0'+e.Count)))
	}, signals.IRQOptions{NoAutoEnable: true})
	i.Disable()
	// To this thread itself: another could lose its core between taking one and counting it.
	runtime.LockOSThread()
	for range 5 {
		for unix.Tgkill(os.Getpid(), unix.Gettid(), queued) == unix.EAGAIN {
			time.Sleep(time.Millisecond)
		}
	}
	runtime.UnlockOSThread()
	i.Enable()
	time.Sleep(5 * time.Millisecond)
	assert.Empty(t, events.Load())
	assert.Zero(t, i.Stats().Served)
	i.Enable()
	eventually(t, "no handler", func() bool { return events.Load() == "5" })
	i.Disable()
	i.Enable()
	kill(t, queued)
	eventually(t, "no handler", func() bool { return events.Load() == "51" })
	var bug atomic.String
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(b *preempt.Bug) { bug.Store(b.What) }))
	i.Enable()
	assert.Contains(t, bug.Load(), "without Disable")
	require.NoError(t, i.Free())
}

// Disable and Free wait for a handler that runs, and one's own is refused.
func TestIRQDisableWaits(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var began, ended atomic.Uint32
	var bugs atomic.Uint32
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(*preempt.Bug) { bugs.Inc() }))
	i := request(t, signals.IRQSignal(queued), func(i *signals.IRQ, e signals.IRQEvent) {
		began.Inc()
		i.Synchronize()
		assert.ErrorIs(t, i.Free(), signals.ErrContext, "by its own handler")
		time.Sleep(20 * time.Millisecond)
		ended.Inc()
	}, signals.IRQOptions{})
	for n := range uint32(3) {
		kill(t, queued)
		eventually(t, "no handler", func() bool { return began.Load() == n+1 })
		switch n {
		case 0:
			i.Disable()
			i.Enable()
		case 1:
			i.Synchronize()
		default:
			require.NoError(t, i.Free())
		}
		require.Equal(t, n+1, ended.Load(), "it has not waited")
		require.Equal(t, 2*(n+1), bugs.Load())
	}
}

// With OneShot the primary handler waits for the thread's, without it does not.
func TestIRQOneShot(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	for _, one := range []bool{true, false} {
		var inside, during atomic.Int32
		var primaries atomic.Uint32
		release := make(chan struct{})
		i := request(t, signals.IRQSignal(queued), func(*signals.IRQ, signals.IRQEvent) {
			inside.Inc()
			<-release
			inside.Dec()
		}, signals.IRQOptions{OneShot: one, Primary: func(*signals.IRQ, signals.IRQEvent) signals.IRQReturn {
			during.Add(inside.Load())
			primaries.Inc()
			return signals.IRQWakeThread
		}})
		kill(t, queued)
		eventually(t, "no handler", func() bool { return inside.Load() == 1 })
		kill(t, queued)
		if !one {
			eventually(t, "no primary", func() bool { return primaries.Load() == 2 })
		}
		time.Sleep(5 * time.Millisecond)
		assert.Equal(t, !one, primaries.Load() == 2)
		close(release)
		eventually(t, "no second", func() bool { return i.Stats().Threaded == 2 })
		assert.Equal(t, !one, during.Load() == 1)
		require.NoError(t, i.Free())
	}
}

// A primary handler's answers.
func TestIRQPrimary(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 2})
	var answer atomic.Int32
	i := request(t, signals.IRQSignal(queued), nil, signals.IRQOptions{Primary: func(*signals.IRQ, signals.IRQEvent) signals.IRQReturn {
		return signals.IRQReturn(answer.Load())
	}, CPU: 1})
	for n := range uint64(6) {
		i.Synchronize() // the handler before is counted before it reads its answer
		answer.Store(int32(n % 2))
		kill(t, queued)
		eventually(t, "no primary", func() bool { return i.Stats().Served == n+1 })
	}
	i.Synchronize()
	assert.Equal(t, signals.IRQStats{Events: 6, Served: 6, Unhandled: 3}, i.Stats())
	for _, line := range signals.Interrupts() {
		if line.Name == "ERR" {
			assert.Equal(t, []uint64{0, 3}, line.CPUs)
		}
	}
	require.NoError(t, i.Free())
}

// A report of what a primary handler has done names it.
func TestIRQPrimaryIsNamed(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	var bugs, named atomic.Int32
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(b *preempt.Bug) {
		if strings.Contains(b.Caller, "TestIRQPrimaryIsNamed.func") {
			named.Inc()
		}
		bugs.Inc()
	}))
	i := request(t, signals.IRQSignal(queued), nil, signals.IRQOptions{Primary: func(*signals.IRQ, signals.IRQEvent) signals.IRQReturn {
		preempt.Disable()
		return signals.IRQWakeThread // which there is not
	}})
	kill(t, queued)
	eventually(t, "no report", func() bool { return bugs.Load() == 2 })
	assert.EqualValues(t, 2, named.Load())
	require.NoError(t, i.Free())
}

// While interrupts are masked on its CPU, or preemption is off, no handler runs there.
func TestIRQMasked(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	var count atomic.Uint32
	i := request(t, signals.IRQSignal(queued), nil, signals.IRQOptions{Primary: func(*signals.IRQ, signals.IRQEvent) signals.IRQReturn {
		count.Inc()
		return signals.IRQHandled
	}})
	for n, leave := range []func(){signals.IRQEnable, preempt.Enable, signals.InterruptEnable, signals.BHEnable} {
		inTask(t, k, 0, func() {
			[]func(){signals.IRQDisable, preempt.Disable, signals.InterruptDisable, signals.BHDisable}[n]()
			if err := unix.Tgkill(os.Getpid(), unix.Gettid(), queued); err != nil {
				t.Error(err)
			}
			for range 1000 {
				busy()
			}
			if c := count.Load(); c != uint32(n) {
				t.Errorf("section %d: %d", n, c)
			}
			leave()
			if c := count.Load(); c != uint32(n)+1 {
				t.Errorf("section %d, after it: %d", n, c)
			}
		})
	}
	require.NoError(t, i.Free())
}

func TestIRQAffinity(t *testing.T) {
	const cpus = 3
	torture.Kernel(t, gpm.Config{CPUs: cpus})
	var hard, thread atomic.Int32
	hard.Store(-1)
	i := request(t, signals.IRQSignal(queued), func(*signals.IRQ, signals.IRQEvent) { thread.Store(int32(look(0).cpu)) },
		signals.IRQOptions{Primary: func(*signals.IRQ, signals.IRQEvent) signals.IRQReturn {
			hard.Store(int32(look(0).cpu))
			return signals.IRQWakeThread
		}})
	for n := range uint64(9) {
		at := int(n) % cpus
		require.NoError(t, i.SetAffinity(at))
		require.Equal(t, at, i.Affinity())
		kill(t, queued)
		eventually(t, "no handler", func() bool { return i.Stats().Threaded == n+1 })
		i.Synchronize()
		assert.EqualValues(t, at, hard.Load())
		assert.EqualValues(t, at, thread.Load())
	}
	require.ErrorIs(t, i.SetAffinity(cpus), signals.ErrCPU)
	require.NoError(t, i.Free())
	require.ErrorIs(t, i.SetAffinity(0), signals.ErrShutdown)
}

// A handler that leaves a section open is reported by name, and its thread goes on.
func TestIRQLeavesAtomic(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	bugs := kerneltest.NoteBugs(t)
	i := request(t, signals.IRQSignal(queued), func(*signals.IRQ, signals.IRQEvent) { preempt.Disable() }, signals.IRQOptions{})
	for range 2 {
		bugs.What.Store("")
		kill(t, queued)
		eventually(t, "no report", func() bool { return bugs.What.Load() != "" })
		assert.Equal(t, "an interrupt's handler has returned with preempt_count 0x1", bugs.What.Load())
		assert.Contains(t, bugs.Caller.Load(), "TestIRQLeavesAtomic.func")
		inTask(t, k, 0, func() { assert.True(t, preempt.Preemptible()) })
	}
	require.NoError(t, i.Free())
}
