//go:build linux && amd64 && go1.25 && !go1.28

package lock

import (
	"context"
	"math"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/signals"
)

// callbacks returns how many timers have called a function in an interrupt.
func callbacks() (n uint64) {
	for _, i := range signals.Interrupts() {
		if i.Name == "HRT" {
			n = i.Total()
		}
	}
	return n
}

// A task's timeout is its CPU's: no ordinary goroutine has to run for it, so it ends
// one wait after the other on a CPU that a loop would else have to itself. It is
// never early.
func TestTimeouts(t *testing.T) {
	const rounds, d = 200, 100 * time.Microsecond
	for name, once := range map[string]func() error{
		"Semaphore":  func() error { return new(Semaphore).DownTimeout(d) },
		"Completion": func() error { return new(Completion).WaitTimeout(d) },
		"WaitQueue":  func() error { return new(WaitQueue).WaitEventTimeout(d, func() bool { return false }) },
	} {
		t.Run(name, func(t *testing.T) {
			k := kernel(t, gpm.Config{CPUs: 1})
			spawn := asTasks(t, k, gpm.Attr{})
			g := group{start: spawn}
			var stop atomic.Bool
			g.Go(func() {
				for !stop.Load() {
				}
			})
			before := callbacks()
			waiter := group{start: asTasks(t, k, gpm.Attr{Policy: gpm.FIFO, Priority: 1})}
			waiter.Go(func() {
				for range rounds {
					began := time.Now()
					assert.ErrorIs(t, once(), context.DeadlineExceeded)
					assert.GreaterOrEqual(t, time.Since(began), d)
				}
			})
			waiter.Wait()
			// Where the time was over before it waited, there is no timer.
			assert.Greater(t, callbacks()-before, uint64(rounds/2))
			stop.Store(true)
			g.Wait()
		})
	}
}

// A timeout that is not needed leaves nothing behind; one that nobody lives to see
// does no harm; one that has passed before is no wait.
func TestTimeoutsNotNeeded(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		g := group{start: s}
		g.Go(func() {
			before := callbacks()
			var sem, back Semaphore
			g.Go(func() {
				for range 100 {
					assert.NoError(t, sem.DownTimeout(math.MaxInt64))
					back.Up()
				}
			})
			for range 100 {
				sem.Up()
				assert.NoError(t, back.DownTimeout(time.Hour))
			}
			assert.Zero(t, callbacks()-before)
			for _, d := range []time.Duration{0, -1, math.MinInt64} {
				assert.ErrorIs(t, sem.DownTimeout(d), context.DeadlineExceeded)
				sem.Up()
				assert.NoError(t, sem.DownTimeout(d), "there was one to take")
			}
		})
		g.Wait()
	})
}

// In a bubble time is the bubble's, and a task that waits locked to its thread is
// none while it waits.
func TestTimeoutsElsewhere(t *testing.T) {
	k := kernel(t, gpm.Config{})
	before := callbacks()
	g := group{start: asTasks(t, k, gpm.Attr{})}
	g.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		assert.ErrorIs(t, new(Semaphore).DownTimeout(time.Millisecond), context.DeadlineExceeded)
	})
	g.Wait()
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, k.Do(gpm.Attr{}, func() {
			began := time.Now()
			assert.ErrorIs(t, new(Semaphore).DownTimeout(time.Hour), context.DeadlineExceeded)
			assert.Equal(t, time.Hour, time.Since(began))
		}))
	})
	require.Zero(t, callbacks()-before)
}

// Who waits in a bubble waits for the bubble's channel: else time would stand still
// there, or a later waiter outside get a channel that it must not use.
func TestBubbles(t *testing.T) {
	waits := func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var m RTMutex
		m.Lock()
		go func() {
			assert.ErrorIs(t, m.LockContext(ctx), context.DeadlineExceeded)
			assert.ErrorIs(t, new(Semaphore).DownContext(ctx), context.DeadlineExceeded)
		}()
		assert.ErrorIs(t, new(Completion).WaitTimeout(time.Hour), context.DeadlineExceeded)
		assert.GreaterOrEqual(t, time.Since(began), time.Hour)
		time.Sleep(time.Millisecond)
		m.Unlock()
	}
	for range 3 { // so that waiters would be used again
		synctest.Test(t, waits)
		var m RTMutex
		m.Lock()
		done := make(chan struct{})
		go func() {
			defer close(done)
			assert.ErrorIs(t, m.LockTimeout(time.Microsecond), context.DeadlineExceeded)
			assert.ErrorIs(t, new(Semaphore).DownTimeout(time.Microsecond), context.DeadlineExceeded)
		}()
		<-done
		m.Unlock()
	}
}

// A timeout that a task's CPU cannot serve ends all the same: here the CPU is in a system
// call, which waits for what comes after the timeout.
func TestTimeoutsWithoutTheirCPU(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 2})
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer w.Close()
	fd := int(r.Fd()) // blocking from now on
	waits, began := make(chan struct{}), make(chan struct{})
	g := group{start: asTasks(t, k, gpm.Attr{CPUs: []int{0}, Policy: gpm.FIFO, Priority: 1})}
	g.Go(func() {
		g.Go(func() {
			close(began)
			_, _ = unix.Read(fd, make([]byte, 1))
		})
		close(waits)
		<-began
		assert.ErrorIs(t, new(Semaphore).DownTimeout(50*time.Millisecond), context.DeadlineExceeded)
	})
	<-waits
	<-began
	time.Sleep(100 * time.Millisecond)
	_, err = w.Write([]byte{1})
	require.NoError(t, err)
	g.Wait()
}

// A callback of a timer that runs in a task may wait for a lock while the kernel shuts
// down, which takes its timers away.
func TestTimeoutsInShutdown(t *testing.T) {
	k := kernel(t, gpm.Config{})
	for range 20 {
		began := make(chan struct{})
		timer, err := signals.NewHRTimerTask(1, func(*signals.HRTimer) signals.HRTimerRestart {
			close(began)
			assert.ErrorIs(t, new(Semaphore).DownTimeout(30*time.Millisecond), context.DeadlineExceeded)
			return signals.HRTimerNoRestart
		})
		require.NoError(t, err)
		require.NoError(t, timer.Start(0, signals.HRTimerRel))
		<-began
		require.NoError(t, k.Shutdown(t.Context()))
		k = kernel(t, gpm.Config{})
	}
}

// A condition that panics leaves nothing in the queue.
func TestWaitEventPanics(t *testing.T) {
	var q WaitQueue
	for _, at := range []int{1, 2} {
		calls := 0
		assert.Panics(t, func() {
			_ = q.WaitEventTimeout(time.Minute, func() bool {
				if calls++; calls == at {
					panic("its own")
				}
				return false
			})
		})
		assert.False(t, q.Active())
	}
	var woken atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.WaitEvent(woken.Load)
	}()
	for !q.Active() {
		runtime.Gosched()
	}
	woken.Store(true)
	q.Wake()
	<-done
}
