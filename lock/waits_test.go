package lock

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/preempt"
)

func TestSemaphore(t *testing.T) {
	got := bugs(t)
	NewSemaphore(-1)
	require.Len(t, got(), 1)
	s := NewSemaphore(2)
	s.Down()
	require.True(t, s.TryDown())
	require.False(t, s.TryDown())
	require.Zero(t, s.Count())
	require.ErrorIs(t, s.DownTimeout(time.Millisecond), context.DeadlineExceeded)
	s.Up()
	require.Equal(t, 1, s.Count())
	require.NoError(t, s.DownTimeout(time.Minute))
}

// Waiters are served in the order they came, also before one who comes later and
// would not have to wait.
func TestSemaphoreIsFair(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 1})
	var s Semaphore
	var order []int
	var mu sync.Mutex
	g := group{start: asTasks(t, k, gpm.Attr{Policy: gpm.FIFO, Priority: 1})}
	g.Go(func() {
		for i := range 5 {
			g.Go(func() {
				s.Down()
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
			})
		}
		for waitingOn(&s.t.wl, &s.t, &s.t.wait) < 5 {
			gpm.Yield()
		}
		preempt.Disable()
		for range 5 {
			s.Up()
			assert.False(t, s.TryDown(), "it belongs to a waiter")
		}
		preempt.Enable()
	})
	g.Wait()
	require.Equal(t, []int{0, 1, 2, 3, 4}, order)
}

// waitingOn returns how many wait.
func waitingOn(wl *waitLock, s server, l *waitList) (n int) {
	wl.enter()
	defer wl.leave(s)
	for w := l.first; w != nil; w = w.next {
		n++
	}
	return n
}

// Never more inside than the number, all get in, and the number is right at the end.
func TestHammerSemaphore(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		rands := seeded(t)
		const n = 3
		sem := NewSemaphore(n)
		var inside atomic.Int64
		var stop atomic.Bool
		g := group{start: s}
		for range 10 {
			r := rands()
			g.Go(func() {
				for !stop.Load() {
					if r.IntN(3) == 0 {
						ctx, cancel := brief(r)
						err := sem.DownContext(ctx)
						cancel()
						if err != nil {
							continue
						}
					} else {
						sem.Down()
					}
					assert.LessOrEqual(t, inside.Inc(), int64(n))
					work(r.IntN(1000))
					if r.IntN(20) == 0 {
						gpm.Yield()
					}
					inside.Dec()
					sem.Up()
				}
			})
		}
		time.Sleep(hammerTime())
		stop.Store(true)
		g.Wait()
		require.Equal(t, n, sem.Count())
		require.True(t, sem.t.wait.empty())
	})
}

func TestCompletion(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		var c Completion
		require.False(t, c.IsDone())
		require.False(t, c.TryWait())
		require.ErrorIs(t, c.WaitTimeout(time.Millisecond), context.DeadlineExceeded)
		c.Complete()
		require.True(t, c.IsDone())
		c.Wait()
		require.False(t, c.IsDone())

		var passed atomic.Int64
		g := group{start: s}
		for range 10 {
			g.Go(func() { c.Wait(); passed.Inc() })
		}
		for i := range int64(4) { // each Complete lets one pass
			c.Complete()
			soon(t, func() bool { return passed.Load() == i+1 })
			time.Sleep(time.Millisecond)
			require.Equal(t, i+1, passed.Load())
		}
		c.CompleteAll()
		g.Wait()
		c.Wait()
		require.NoError(t, c.WaitContext(context.Background()))
		require.True(t, c.TryWait())
		c.Reinit()
		require.False(t, c.TryWait())
		require.Zero(t, c.t.word.Load())
	})
}

// Complete from atomic context, each to one waiter: a ping-pong that a lost or a
// doubled wake-up would stop or derail.
func TestHammerCompletion(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		var ping, pong Completion
		var turn atomic.Int64
		n := int64(20000)
		if testing.Short() {
			n = 2000
		}
		g := group{start: s}
		g.Go(func() {
			for i := range n {
				ping.Wait()
				assert.Equal(t, 2*i+1, turn.Inc())
				complete(&pong)
			}
		})
		g.Go(func() {
			for i := range n {
				complete(&ping)
				for err := error(context.Canceled); err != nil; err = pong.WaitTimeout(50 * time.Microsecond) {
				}
				assert.Equal(t, 2*i+2, turn.Inc())
			}
		})
		g.Wait()
		require.False(t, ping.IsDone() || pong.IsDone())
	})
}

func complete(c *Completion) {
	task := inTask()
	if task {
		preempt.Disable()
		defer preempt.Enable()
	}
	c.Complete()
}

func TestWaitQueue(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		var q WaitQueue
		var open atomic.Bool
		var all, some, looks atomic.Int64
		isOpen := func() bool {
			v := open.Load()
			looks.Inc()
			return v
		}
		g := group{start: s}
		for range 3 {
			g.Go(func() { q.WaitEvent(isOpen); all.Inc() })
		}
		for range 6 {
			g.Go(func() {
				assert.NoError(t, q.WaitEventExclusive(context.Background(), isOpen))
				some.Inc()
			})
		}
		soon(t, func() bool { return looks.Load() == 18 }) // once before they queued, and once after
		require.Equal(t, int32(9), q.count.Load())
		require.True(t, q.Active())
		require.ErrorIs(t, q.WaitEventTimeout(time.Millisecond, open.Load), context.DeadlineExceeded)
		open.Store(true)
		q.Wake()
		soon(t, func() bool { return all.Load() == 3 && some.Load() == 1 })
		q.WakeN(2)
		soon(t, func() bool { return some.Load() == 3 })
		time.Sleep(2 * time.Millisecond)
		require.Equal(t, int64(3), some.Load())
		require.Equal(t, int32(3), q.count.Load())
		q.WakeAll()
		g.Wait()
		require.False(t, q.Active())
		q.Wake()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.NoError(t, q.WaitEventContext(ctx, open.Load), "the condition holds")
		open.Store(false)
		require.ErrorIs(t, q.WaitEventContext(ctx, open.Load), context.Canceled)
	})
}

// A queue of items with exclusive waiters, some of which give up: each item is
// taken once, and none stays while somebody waits for it.
func TestHammerWaitQueue(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		rands := seeded(t)
		var q WaitQueue
		var items, made, taken atomic.Int64
		var stop atomic.Bool
		take := func() bool {
			for {
				n := items.Load()
				if n == 0 {
					return stop.Load()
				}
				if items.CompareAndSwap(n, n-1) {
					taken.Inc()
					return true
				}
			}
		}
		g := group{start: s}
		for range 6 {
			r := rands()
			g.Go(func() {
				for !stop.Load() || items.Load() > 0 {
					if r.IntN(2) == 0 {
						ctx, cancel := brief(r)
						_ = q.WaitEventExclusive(ctx, take)
						cancel()
					} else {
						assert.NoError(t, q.WaitEventExclusive(context.Background(), take))
					}
				}
			})
		}
		for end := time.Now().Add(hammerTime()); time.Now().Before(end); {
			// As many as are missing, one wake for each: a wake that is lost
			// leaves an item behind, and the loop below finds it.
			for range 8 {
				items.Inc()
				made.Inc()
				q.Wake()
			}
			soon(t, func() bool { return items.Load() == 0 })
		}
		stop.Store(true)
		q.WakeAll()
		g.Wait()
		require.Equal(t, made.Load(), taken.Load())
	})
}
