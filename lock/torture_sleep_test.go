package lock_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/internal/torture/history"
	"github.com/gokern/gokern/internal/torture/litmus"
	"github.com/gokern/gokern/lock"
)

const semaphoreUnits = 3

// sleeping are the locks whose waiters block: for tasks and ordinary goroutines.
func sleeping() []torture.Subject {
	return []torture.Subject{
		{Name: "Mutex", Plain: true, Spurious: true, New: func() []torture.Way { return torture.Ways(&lock.Mutex{}) }},
		{Name: "RTMutex", Plain: true, New: func() []torture.Way { return torture.Ways(&lock.RTMutex{}) }},
		{Name: "WWMutex", Plain: true, New: func() []torture.Way { return oneWW() }},
		{Name: "WWMutexes", Plain: true, Places: wwMutexes, New: func() []torture.Way { return manyWW(&lock.WWClass{}) }},
		{Name: "WWMutexes, wait-die", Plain: true, Places: wwMutexes, New: func() []torture.Way { return manyWW(&lock.WWClass{WaitDie: true}) }},
		// As Linux's do, a try may fail while a waiter is being served or gives up.
		{Name: "RWSem", Plain: true, Spurious: true, Overlap: true, New: func() []torture.Way {
			s := &lock.RWSem{}
			return append(torture.Ways(s), downgrade(s))
		}},
		{Name: "PerCPURWSem", Plain: true, Spurious: true, Overlap: true, New: func() []torture.Way { return torture.Ways(lock.NewPerCPURWSem()) }},
		{Name: "Semaphore", Plain: true, Spurious: true, Limit: semaphoreUnits, Overlap: true, New: func() []torture.Way { return semaphore(semaphoreUnits) }},
		{Name: "Semaphore of one", Plain: true, Spurious: true, New: func() []torture.Way { return semaphore(1) }},
	}
}

// downgrade is a way to become a reader through being a writer.
func downgrade(s *lock.RWSem) torture.Way {
	return torture.Shared("Downgrade", func() { s.Lock(); s.Downgrade() }, s.RUnlock)
}

func semaphore(n int) []torture.Way {
	s := lock.NewSemaphore(n)
	return []torture.Way{
		torture.Exclusive("Down", s.Down, s.Up),
		torture.Try("TryDown", torture.Write, s.TryDown, s.Up),
		torture.Within("DownContext", torture.Write, s.DownContext, s.Up),
		torture.For("DownTimeout", torture.Write, s.DownTimeout, s.Up),
	}
}

func TestTortureSleeping(t *testing.T)        { torture.Test(t, 0.3, sleeping()...) }
func TestTortureSleepingHistory(t *testing.T) { history.TestLocks(t, 0.1, single(sleeping())...) }
func TestTortureSleepingLitmus(t *testing.T)  { litmus.Locks(t, 0.1, orders(sleeping())...) }

// single leaves out what is not one lock with one inside.
func single(all []torture.Subject) []torture.Subject {
	return slices.DeleteFunc(all, func(s torture.Subject) bool { return s.Places > 0 })
}

// orders leaves out what does not let in one writer at a time.
func orders(all []torture.Subject) []torture.Subject {
	return slices.DeleteFunc(single(all), func(s torture.Subject) bool { return s.Limit > 1 })
}

// What lets others go on, as a source of tokens.
func TestTortureTokens(t *testing.T) {
	t.Run("Semaphore", func(t *testing.T) {
		history.TestTokens(t, 0.02, func() history.Tokens {
			s := lock.NewSemaphore(0)
			return history.Tokens{Post: s.Up, Take: s.Down, TryTake: s.TryDown, TakeContext: s.DownContext, Spurious: true}
		})
	})
	t.Run("Completion", func(t *testing.T) {
		history.TestTokens(t, 0.02, func() history.Tokens {
			c := &lock.Completion{}
			return history.Tokens{Post: c.Complete, Take: c.Wait, TryTake: c.TryWait, TakeContext: c.WaitContext, Spurious: true}
		})
	})
	t.Run("WaitQueue", func(t *testing.T) { history.TestTokens(t, 0.02, func() history.Tokens { return queued(false) }) })
	t.Run("WaitQueue exclusive", func(t *testing.T) { history.TestTokens(t, 0.02, func() history.Tokens { return queued(true) }) })
}

// queued are tokens that a wait queue's waiters take as they find one.
func queued(exclusive bool) history.Tokens {
	q := &lock.WaitQueue{}
	var n atomic.Int64
	try := func() bool {
		for v := n.Load(); v > 0; v = n.Load() {
			if n.CompareAndSwap(v, v-1) {
				return true
			}
		}
		return false
	}
	tokens := history.Tokens{
		Post: func() { n.Inc(); q.WakeAll() }, Take: func() { q.WaitEvent(try) }, TryTake: try,
		TakeContext: func(ctx context.Context) error { return q.WaitEventContext(ctx, try) },
	}
	if exclusive {
		tokens.Post = func() { n.Inc(); q.Wake() }
		tokens.Take = func() { _ = q.WaitEventExclusive(context.Background(), try) }
		tokens.TakeContext = func(ctx context.Context) error { return q.WaitEventExclusive(ctx, try) }
	}
	return tokens
}

// A completion for all lets everybody through, who comes before and after.
func TestTortureCompleteAll(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 4, Slice: 100 * time.Microsecond})
	n := 0
	for end := time.Now().Add(torture.Time(0.02)); n < 3 || time.Now().Before(end); n++ {
		c := &lock.Completion{}
		var through atomic.Int64
		early := int64(-1)
		var tasks []*gpm.Task
		spawn := func(fn func()) {
			task, err := k.Spawn(gpm.Attr{}, fn)
			require.NoError(t, err)
			tasks = append(tasks, task)
		}
		for range 8 {
			spawn(func() { c.Wait(); through.Inc() })
		}
		spawn(func() {
			time.Sleep(time.Duration(n%4) * 20 * time.Microsecond)
			early = through.Load()
			c.CompleteAll()
		})
		for _, task := range tasks {
			require.NoError(t, task.Wait(context.Background()))
		}
		require.True(t, c.TryWait())
		require.Zero(t, early)
		require.EqualValues(t, 8, through.Load())
	}
	t.Logf("%d times", n)
}
