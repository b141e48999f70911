package lock

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
)

// both runs body for wound/wait and for wait/die.
func both(t *testing.T, body func(t *testing.T, c *WWClass)) {
	t.Run("wound", func(t *testing.T) { body(t, new(WWClass)) })
	t.Run("die", func(t *testing.T) { body(t, &WWClass{WaitDie: true}) })
}

func TestWWMutexRules(t *testing.T) {
	both(t, func(t *testing.T, c *WWClass) {
		got := bugs(t)
		one := func(f func()) {
			t.Helper()
			f()
			require.Len(t, got(), 1)
		}
		a, b := NewWWMutex(c), NewWWMutex(c)
		one(a.Unlock)
		one(a.AssertHeld)
		x := c.Begin()
		require.NoError(t, a.Lock(x))
		require.ErrorIs(t, a.Lock(x), ErrAlready)
		require.False(t, a.TryLock(x))
		one(x.Fini)
		one(func() { b.LockSlow(x) })
		one(func() { _ = NewWWMutex(new(WWClass)).Lock(x) })
		x.Done()
		one(x.Done)
		one(func() { _ = b.Lock(x) })
		a.Unlock()
		x.Fini()
		one(func() { _ = b.Lock(x) })
		require.NoError(t, a.Lock(nil))
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		require.ErrorIs(t, a.LockContext(ctx, c.Begin()), context.DeadlineExceeded)
		a.Unlock()
		require.True(t, a.TryLock(nil))
		a.Unlock()
		require.Empty(t, got())
	})
}

// Two contexts want each other's: the older one waits and gets through, the younger
// one is told to give up, and gets through after that.
func TestWWMutexABBA(t *testing.T) {
	both(t, func(t *testing.T, c *WWClass) {
		everywhere(t, func(t *testing.T, s start) {
			a, b := NewWWMutex(c), NewWWMutex(c)
			older, younger := c.Begin(), c.Begin()
			var has, mayGo Completion
			var order [2]string
			var n atomic.Int64
			g := group{start: s}
			g.Go(func() {
				assert.NoError(t, b.Lock(younger))
				has.Complete()
				mayGo.Wait()
				assert.ErrorIs(t, a.Lock(younger), ErrDeadlock)
				b.Unlock()
				a.LockSlow(younger)
				assert.NoError(t, b.Lock(younger))
				order[n.Inc()-1] = "younger"
				a.Unlock()
				b.Unlock()
				younger.Fini()
			})
			g.Go(func() {
				assert.NoError(t, a.Lock(older))
				has.Wait()
				g.Go(func() { soon(t, func() bool { return b.waiters() == 1 }); mayGo.Complete() })
				assert.NoError(t, b.Lock(older))
				order[n.Inc()-1] = "older"
				b.Unlock()
				a.Unlock()
				older.Fini()
			})
			g.Wait()
			require.Equal(t, [2]string{"older", "younger"}, order)
		})
	})
}

func (m *WWMutex) waiters() (n int) {
	m.wl.enter()
	defer m.wl.leave(m)
	for w := m.wait.first; w != nil; w = w.next {
		n++
	}
	return n
}

// A cycle of many, all of which have one and want the next.
func TestWWMutexCycle(t *testing.T) {
	both(t, func(t *testing.T, c *WWClass) {
		everywhere(t, func(t *testing.T, s start) {
			const n = 8
			var m [n]*WWMutex
			for i := range m {
				m[i] = NewWWMutex(c)
			}
			var ready, rounds atomic.Int64
			var gate Completion
			g := group{start: s}
			for i := range n {
				g.Go(func() {
					x := c.Begin()
					defer x.Fini()
					has, wants := m[i], m[(i+1)%n]
					assert.NoError(t, has.Lock(x))
					if ready.Inc() == n {
						gate.CompleteAll()
					}
					gate.Wait()
					for err := wants.Lock(x); err != nil; err = wants.Lock(x) {
						assert.ErrorIs(t, err, ErrDeadlock)
						rounds.Inc()
						has.Unlock()
						wants.LockSlow(x)
						has, wants = wants, has
					}
					has.Unlock()
					wants.Unlock()
				})
			}
			g.Wait()
			require.Positive(t, rounds.Load())
		})
	})
}

// Several mutexes in any order by many at once: each holds alone what it holds,
// nobody waits for ever.
func TestHammerWWMutex(t *testing.T) {
	both(t, func(t *testing.T, c *WWClass) {
		everywhere(t, func(t *testing.T, s start) {
			rands := seeded(t)
			var m [6]*WWMutex
			var inside [6]atomic.Int64
			for i := range m {
				m[i] = NewWWMutex(c)
			}
			var stop atomic.Bool
			var through, backed atomic.Int64
			g := group{start: s}
			for range 8 {
				r := rands()
				g.Go(func() {
					for !stop.Load() {
						if r.IntN(8) == 0 {
							i := r.IntN(len(m))
							assert.NoError(t, m[i].Lock(nil))
							assert.Equal(t, int64(1), inside[i].Inc())
							inside[i].Dec()
							m[i].Unlock()
							continue
						}
						want := r.Perm(len(m))[:1+r.IntN(4)]
						backed.Add(lockAll(t, c, m[:], want, r, func() {
							for _, i := range want {
								assert.Equal(t, int64(1), inside[i].Inc())
							}
							work(r.IntN(300))
							if r.IntN(10) == 0 {
								gpm.Yield()
							}
							for _, i := range want {
								inside[i].Dec()
							}
						}))
						through.Inc()
					}
				})
			}
			time.Sleep(hammerTime())
			stop.Store(true)
			g.Wait()
			for i := range m {
				require.False(t, m[i].IsLocked(), strconv.Itoa(i))
				require.Zero(t, m[i].waiters())
			}
			t.Logf("%d through, %d times backed off", through.Load(), backed.Load())
		})
	})
}

// lockAll calls f with all that want lists locked, and returns how often it had
// to start again. Now and then it gives up.
func lockAll(t *testing.T, c *WWClass, m []*WWMutex, want []int, r *rand.Rand, f func()) (backed int64) {
	x := c.Begin()
	defer x.Fini()
	slow := -1
	for {
		held := map[int]bool{}
		unlock := func() {
			for i := range held {
				m[i].Unlock()
			}
		}
		if slow >= 0 {
			m[slow].LockSlow(x)
			held[slow] = true
		}
		contended := -1
		for _, i := range want {
			if i == slow {
				continue
			}
			ctx, cancel := context.Background(), context.CancelFunc(func() {})
			if r.IntN(10) == 0 {
				ctx, cancel = brief(r)
			}
			err := m[i].LockContext(ctx, x)
			cancel()
			if errors.Is(err, ErrDeadlock) {
				contended = i
				break
			}
			if err != nil {
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				unlock()
				return backed
			}
			held[i] = true
		}
		if contended < 0 {
			f()
			unlock()
			return backed
		}
		unlock()
		slow = contended
		backed++
	}
}
