package lock_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/preempt"
)

//lint:file-ignore SA2001 that a lock is got is what many tests want to know

// exclusive are the locks that one task holds at a time.
var exclusive = map[string]func() sync.Locker{
	"SpinLock":    func() sync.Locker { return new(lock.SpinLock) },
	"RawSpinLock": func() sync.Locker { return new(lock.RawSpinLock) },
	"TicketLock":  func() sync.Locker { return new(lock.TicketLock) },
	"MCSLock":     func() sync.Locker { return new(lock.MCSLock) },
	"RWLock":      func() sync.Locker { return new(lock.RWLock) },
}

// naive is a spinlock that does nothing but spin.
type naive struct{ v atomic.Uint32 }

func (l *naive) Lock() {
	preempt.Disable()
	for !l.v.CompareAndSwap(0, 1) {
	}
}

func (l *naive) Unlock() {
	l.v.Store(0)
	preempt.Enable()
}

// Two virtual CPUs on one of the machine's: whenever the holder's thread has been
// off the CPU, the other's, which waits for the lock, keeps it from coming back,
// unless it lets it. The naive lock shows what that costs, in CPU time of the two
// threads: others may use the CPU too, and Go's own thread wakes often meanwhile.
func TestSpinHolderLosesTheHost(t *testing.T) {
	one, err := hostCPU()
	require.NoError(t, err)
	k := torture.Kernel(t, gpm.Config{Pin: []int{one, one}})
	run := func(l sync.Locker, rounds int) time.Duration {
		var wait sync.WaitGroup
		var there atomic.Int32
		var used atomic.Duration
		for n := range 2 {
			wait.Add(1)
			_, err := k.Spawn(gpm.Attr{CPUs: []int{n}}, func() {
				defer wait.Done()
				for there.Inc(); there.Load() < 2; { // else one has the lock for itself
					hostAway()
				}
				before := threadTime()
				for range rounds {
					l.Lock()
					hostAway()
					l.Unlock()
				}
				used.Add(threadTime() - before)
			})
			require.NoError(t, err)
		}
		wait.Wait()
		return used.Load()
	}
	bad := run(new(naive), 5)
	for name, make := range exclusive {
		// Of five runs the best: what the machine took from one may count as used.
		good := run(make(), 100)
		for range 4 {
			good = min(good, run(make(), 100))
		}
		good *= 5
		t.Logf("%v for a section with a %s, %v with a lock that only spins", good/1000, name, bad/10)
		assert.Less(t, good, 20*bad, name) // 100 times as many
	}
}

// The world stops all the time, while tasks wait for a lock with another held, so
// with preemption disabled.
func TestSpinUnderCollection(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 3, Slice: 100 * time.Microsecond})
	for name, make := range exclusive {
		inner := make()
		count, want := 0, int64(0)
		var done atomic.Int64
		var tasks []*gpm.Task
		end := time.Now().Add(torture.Time(0.05))
		for range 6 {
			task, err := k.Spawn(gpm.Attr{}, func() {
				outer := make()
				n := int64(0)
				for ; n == 0 || time.Now().Before(end); n++ {
					outer.Lock()
					inner.Lock()
					count++
					inner.Unlock()
					outer.Unlock()
				}
				done.Add(n)
			})
			require.NoError(t, err)
			tasks = append(tasks, task)
		}
		n := 0
		for ; n == 0 || time.Now().Before(end); n++ {
			runtime.GC()
		}
		waitAll(t, tasks)
		want = done.Load()
		t.Logf("%s: %d sections, %d collections", name, want, n)
		assert.EqualValues(t, want, count, name)
		assert.Positive(t, n, name)
	}
}

// waitAll waits for tasks.
func waitAll(t testing.TB, tasks []*gpm.Task) {
	t.Helper()
	for _, task := range tasks {
		waitTask(t, task)
	}
}

// A stopping world waits for who waits for a lock no longer than that one polls,
// though the lock stays locked.
func TestSpinWaiterLetsTheWorldStop(t *testing.T) {
	for name, make := range exclusive {
		t.Run(name, func(t *testing.T) {
			k := torture.Kernel(t, gpm.Config{CPUs: 2})
			l := make()
			var locked, stop atomic.Bool
			holder, err := k.Spawn(gpm.Attr{CPUs: []int{0}}, func() {
				l.Lock()
				locked.Store(true)
				for !stop.Load() {
					hostNap(time.Millisecond)
				}
				l.Unlock()
			})
			require.NoError(t, err)
			for !locked.Load() {
				time.Sleep(time.Millisecond)
			}
			var waiting atomic.Bool
			waiter, err := k.Spawn(gpm.Attr{CPUs: []int{1}}, func() {
				preempt.Disable()
				waiting.Store(true)
				l.Lock()
				//lint:ignore SA2001 that it can be got is what matters
				l.Unlock()
				preempt.Enable()
			})
			require.NoError(t, err)
			for !waiting.Load() {
				time.Sleep(time.Millisecond)
			}
			var m runtime.MemStats
			for range 20 {
				runtime.ReadMemStats(&m) // stops the world
			}
			assert.NotEqual(t, gpm.Dead, waiter.State())
			stop.Store(true)
			waitAll(t, []*gpm.Task{holder, waiter})
		})
	}
}
