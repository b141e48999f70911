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
)

func TestRWSemRules(t *testing.T) {
	got := bugs(t)
	var s RWSem
	s.Unlock()
	s.RUnlock()
	s.Downgrade()
	s.AssertHeld()
	require.Len(t, got(), 4)
	s.RLock()
	s.AssertHeld()
	require.Empty(t, got())
	s.AssertHeldWrite()
	s.Unlock()
	require.Len(t, got(), 2)
	require.True(t, s.TryRLock())
	require.False(t, s.TryLock())
	s.RUnlock()
	s.RUnlock()
	require.True(t, s.TryLock())
	s.AssertHeldWrite()
	require.False(t, s.TryRLock())
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.LockContext(ctx), context.DeadlineExceeded)
	require.ErrorIs(t, s.RLockContext(ctx), context.DeadlineExceeded)
	s.Downgrade()
	require.True(t, s.TryRLock())
	s.RUnlock()
	s.RUnlock()
	require.Zero(t, s.word.Load())
	require.Empty(t, got())
}

// Who comes while others wait, waits too; readers that wait go together.
func TestRWSemIsFair(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 1})
	var s RWSem
	var order []string
	g := group{start: asTasks(t, k, gpm.Attr{Policy: gpm.FIFO, Priority: 1})}
	var mu sync.Mutex
	note := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, name)
	}
	g.Go(func() {
		s.RLock()
		for i, name := range []string{"W1", "R1", "W2", "R2"} {
			g.Go(func() {
				if name[0] == 'W' {
					s.Lock()
					note(name)
					s.Unlock()
				} else {
					s.RLock()
					note(name)
					s.RUnlock()
				}
			})
			for waitingOn(&s.wl, &s, &s.wait) != i+1 {
				gpm.Yield()
			}
		}
		assert.False(t, s.TryRLock(), "writers wait")
		s.RUnlock()
	})
	g.Wait()
	require.Equal(t, []string{"W1", "R1", "R2", "W2"}, order)
	require.Zero(t, s.word.Load())
}

// rwLock is what the two locks for readers and writers have in common.
type rwLock interface {
	RLock()
	RLockContext(context.Context) error
	TryRLock() bool
	RUnlock()
	Lock()
	LockContext(context.Context) error
	Unlock()
}

// hammerRW checks that writers are alone and readers see no writer's work half
// done, and that writers get in however many readers come.
func hammerRW(t *testing.T, s start, l rwLock, downgrade func()) {
	rands := seeded(t)
	var readers, writers, together, writes, reads atomic.Int64
	var stop atomic.Bool
	a, b := 0, 0 // equal, except inside a writer's section
	read := func(n int) {
		readers.Inc()
		assert.Zero(t, writers.Load())
		assert.Equal(t, a, b)
		work(n)
		if readers.Load() > 1 {
			together.Inc()
		}
		readers.Dec()
		reads.Inc()
	}
	g := group{start: s}
	for i := range 10 {
		r := rands()
		g.Go(func() {
			for !stop.Load() {
				if i >= 2 {
					switch r.IntN(4) {
					case 0:
						if !l.TryRLock() {
							gpm.Yield()
							continue
						}
					case 1:
						ctx, cancel := brief(r)
						err := l.RLockContext(ctx)
						cancel()
						if err != nil {
							continue
						}
					default:
						l.RLock()
					}
					read(r.IntN(500))
					if r.IntN(20) == 0 {
						gpm.Yield() // and go on elsewhere, perhaps
					}
					l.RUnlock()
					continue
				}
				if r.IntN(3) == 0 {
					ctx, cancel := brief(r)
					err := l.LockContext(ctx)
					cancel()
					if err != nil {
						continue
					}
				} else {
					l.Lock()
				}
				assert.Equal(t, int64(1), writers.Inc())
				assert.Zero(t, readers.Load())
				a++
				work(r.IntN(500))
				b++
				writers.Dec()
				writes.Inc()
				if downgrade != nil && r.IntN(2) == 0 {
					was := a
					downgrade()
					assert.Equal(t, was, a)
					read(100)
					l.RUnlock()
				} else {
					l.Unlock()
				}
			}
		})
	}
	time.Sleep(hammerTime())
	stop.Store(true)
	g.Wait()
	require.Equal(t, writes.Load(), int64(a))
	require.Positive(t, writes.Load())
	t.Logf("%d reads, %d together, %d writes", reads.Load(), together.Load(), writes.Load())
}

func TestHammerRWSem(t *testing.T) {
	everywhere(t, func(t *testing.T, st start) {
		var s RWSem
		hammerRW(t, st, &s, s.Downgrade)
		require.Zero(t, s.word.Load())
		require.True(t, s.wait.empty())
	})
}

func TestHammerPerCPURWSem(t *testing.T) {
	for _, plain := range []bool{false, true} {
		if plain && (raceBuild || !hasBarrier()) {
			t.Log("no barrier of all threads here")
			continue
		}
		everywhere(t, func(t *testing.T, st start) {
			s := NewPerCPURWSem()
			s.plain = plain
			hammerRW(t, st, s, nil)
			require.True(t, s.empty())
			require.Zero(t, s.closed.Load())
			require.Zero(t, s.rw.word.Load())
		})
	}
}

func TestPerCPURWSemRules(t *testing.T) {
	got := bugs(t)
	s := NewPerCPURWSem()
	s.Unlock()
	s.AssertHeld()
	require.Len(t, got(), 2)
	s.RLock()
	s.AssertHeld()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.LockContext(ctx), context.DeadlineExceeded)
	require.True(t, s.TryRLock(), "the writer has given up")
	s.RUnlock()
	s.RUnlock()
	s.Lock()
	s.AssertHeld()
	require.False(t, s.TryRLock())
	require.ErrorIs(t, s.RLockContext(ctx), context.DeadlineExceeded)
	s.Unlock()
	require.True(t, s.TryRLock())
	s.RUnlock()
	require.Empty(t, got())
}
