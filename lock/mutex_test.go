package lock

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/preempt"
)

//lint:file-ignore SA2001 that a lock is got is what many tests want to know

func TestMutexRules(t *testing.T) {
	got := bugs(t)
	var m Mutex
	m.Unlock()
	require.Equal(t, []string{"lock.Mutex.Unlock: the mutex is not locked"}, got())
	m.AssertHeld()
	require.Len(t, got(), 1)
	m.Lock()
	m.AssertHeld()
	require.Empty(t, got())
	require.True(t, m.IsLocked())
	require.False(t, m.TryLock())
	m.Unlock()
	require.False(t, m.IsLocked())
	require.True(t, m.TryLock())
	m.Unlock()
	require.NoError(t, m.LockContext(context.Background()))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, m.LockContext(ctx), context.Canceled)
	m.Unlock()
	require.Zero(t, m.word.Load())
}

// Who gives up leaves nothing behind, and keeps nobody else from the mutex.
func TestMutexGivesUp(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		var m Mutex
		m.Lock()
		var impatient, patient group
		impatient.start, patient.start = s, s
		for range 3 {
			impatient.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
				defer cancel()
				assert.ErrorIs(t, m.LockContext(ctx), context.DeadlineExceeded)
			})
		}
		patient.Go(func() { m.Lock(); m.Unlock() })
		impatient.Wait() // the mutex is not unlocked before
		soon(t, func() bool { return m.word.Load()&mutexWaiters != 0 })
		m.Unlock()
		patient.Wait()
		require.Zero(t, m.word.Load())
		require.True(t, m.wait.empty())
	})
}

// One who has waited for long enough gets the mutex before those who come and
// take it again and again.
func TestMutexHandOff(t *testing.T) {
	defer func(old time.Duration) { starved = old }(starved)
	starved = 0 // the first time in vain is long enough
	everywhere(t, func(t *testing.T, s start) {
		var m Mutex
		var stop atomic.Bool
		g := group{start: s}
		for range 3 {
			g.Go(func() {
				for !stop.Load() {
					m.Lock()
					work(100)
					m.Unlock()
				}
			})
		}
		for range 50 {
			m.Lock()
			m.Unlock()
		}
		stop.Store(true)
		g.Wait()
		require.Zero(t, m.word.Load())
	})
	// And nobody else can have it between: with the bit set it is given to the
	// first by whoever unlocks.
	k := kernel(t, gpm.Config{CPUs: 1})
	var m Mutex
	var order []string
	g := group{start: asTasks(t, k, gpm.Attr{Policy: gpm.FIFO, Priority: 1})}
	g.Go(func() {
		m.Lock()
		g.Go(func() { m.Lock(); order = append(order, "waiter"); m.Unlock() })
		for m.word.Load()&mutexWaiters == 0 {
			gpm.Yield()
		}
		m.Unlock() // wakes the waiter, which has no CPU
		m.Lock()
		for m.word.Load()&mutexHandoff == 0 {
			gpm.Yield() // it tries in vain
		}
		m.Unlock()
		assert.True(t, m.IsLocked())
		assert.False(t, m.TryLock())
		m.Lock()
		order = append(order, "barger")
		m.Unlock()
	})
	g.Wait()
	require.Equal(t, []string{"waiter", "barger"}, order)
}

// Unlock and TryLock are allowed where nothing may block.
func TestMutexInAtomicContext(t *testing.T) {
	k := kernel(t, gpm.Config{})
	g := group{start: asTasks(t, k, gpm.Attr{})}
	g.Go(func() {
		var m Mutex
		for range 200 {
			m.Lock()
			g.Go(func() { m.Lock(); m.Unlock() })
			soon(t, func() bool { return m.word.Load()&mutexWaiters != 0 })
			preempt.Disable()
			m.Unlock()
			if m.TryLock() {
				m.Unlock()
			}
			preempt.Enable()
		}
	})
	g.Wait()
	require.Zero(t, k.Stats().Total.AtomicParks)
}

// Everyone who does not give up gets the mutex, one at a time.
func TestHammerMutex(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		var m Mutex
		hammerLock(t, s, func(ctx context.Context) error { return m.LockContext(ctx) }, m.TryLock, m.Unlock)
		require.Zero(t, m.word.Load())
		require.True(t, m.wait.empty())
	})
}

// hammerLock checks a mutual exclusion lock.
func hammerLock(t *testing.T, s start, lock func(context.Context) error, try func() bool, unlock func()) {
	rands := seeded(t)
	plain := 0 // what the lock protects
	var inside, sum, gaveUp atomic.Int64
	var stop atomic.Bool
	g := group{start: s}
	for range 12 {
		r := rands()
		g.Go(func() {
			for !stop.Load() {
				switch r.IntN(4) {
				case 0:
					ctx, cancel := brief(r)
					err := lock(ctx)
					cancel()
					if err != nil {
						assert.ErrorIs(t, err, context.DeadlineExceeded)
						gaveUp.Inc()
						continue
					}
				case 1:
					if !try() {
						gpm.Yield()
						continue
					}
				default:
					assert.NoError(t, lock(context.Background()))
				}
				assert.Equal(t, int64(1), inside.Inc())
				plain++
				switch r.IntN(100) {
				case 0:
					time.Sleep(10 * time.Microsecond)
				case 1:
					gpm.Yield()
				default:
					work(r.IntN(2000))
				}
				inside.Dec()
				sum.Inc()
				unlock()
			}
		})
	}
	time.Sleep(hammerTime())
	stop.Store(true)
	g.Wait()
	require.Equal(t, sum.Load(), int64(plain))
	require.Positive(t, sum.Load())
	t.Logf("%d sections, %d gave up", plain, gaveUp.Load())
}
