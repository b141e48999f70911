package lock

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
)

func TestHammerRTMutex(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		var m RTMutex
		hammerLock(t, s, func(ctx context.Context) error { return m.LockContext(ctx) }, m.TryLock, m.Unlock)
		require.Nil(t, m.owner.Load())
		chainsAreEmpty(t)
	})
}

// Tasks of all priorities, which change, take several of a few mutexes in any
// order, giving up where that would be a deadlock. In the end nobody is lent
// anything, and nobody waits.
func TestHammerRTChains(t *testing.T) {
	for _, cpus := range []int{1, 2, 5} {
		t.Run(strconv.Itoa(cpus)+" CPUs", func(t *testing.T) { hammerChains(t, cpus) })
	}
}

func hammerChains(t *testing.T, cpus int) {
	k := kernel(t, gpm.Config{CPUs: cpus, Slice: 100 * time.Microsecond})
	rands := seeded(t)
	var m [6]RTMutex
	var inside [6]atomic.Int64
	var stop atomic.Bool
	var deadlocks, gaveUp, lent atomic.Int64
	body := func(r interface{ IntN(int) int }) {
		var have []int
		for range 1 + r.IntN(4) {
			i := r.IntN(len(m))
			ctx, cancel := context.Background(), context.CancelFunc(func() {})
			if r.IntN(4) == 0 {
				ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(300))*time.Microsecond)
			}
			err := m[i].LockContext(ctx)
			cancel()
			if err == nil {
				assert.Equal(t, int64(1), inside[i].Inc())
				have = append(have, i)
				work(r.IntN(500))
				if r.IntN(10) == 0 {
					time.Sleep(10 * time.Microsecond)
				}
				continue
			}
			if err == ErrDeadlock {
				deadlocks.Inc()
			} else {
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				gaveUp.Inc()
			}
			break
		}
		if me := gpm.Current(); me != nil && me.Priority() > me.Attr().Priority {
			lent.Inc()
		}
		for len(have) > 0 {
			j := r.IntN(len(have))
			i := have[j]
			have = append(have[:j], have[j+1:]...)
			inside[i].Dec()
			m[i].Unlock()
		}
		time.Sleep(time.Duration(r.IntN(50)) * time.Microsecond)
	}
	var tasks []*gpm.Task
	for i := range 12 {
		r := rands()
		attr := gpm.Attr{}
		if i%3 != 0 {
			attr = gpm.Attr{Policy: gpm.Policy(1 + r.IntN(2)), Priority: 1 + r.IntN(90)}
		}
		task, err := k.Spawn(attr, func() {
			for !stop.Load() {
				body(r)
			}
			// Without a lock nobody can lend it anything.
			assert.Equal(t, gpm.Current().Attr().Priority, gpm.Current().Priority())
		})
		require.NoError(t, err)
		tasks = append(tasks, task)
	}
	g := group{start: func(f func()) { go f() }}
	for range 3 {
		r := rands()
		g.Go(func() {
			for !stop.Load() {
				body(r)
			}
		})
	}
	r := rands()
	for end := time.Now().Add(hammerTime()); time.Now().Before(end); time.Sleep(200 * time.Microsecond) {
		attr := gpm.Attr{Policy: gpm.FIFO, Priority: 1 + r.IntN(90)}
		require.NoError(t, tasks[1+3*r.IntN(4)].SetAttr(attr))
	}
	stop.Store(true)
	g.Wait()
	for _, task := range tasks {
		require.NoError(t, task.Wait(context.Background()))
	}
	for i := range m {
		require.Nil(t, m[i].owner.Load())
		require.Nil(t, m[i].wait.top)
	}
	chainsAreEmpty(t)
	require.Positive(t, lent.Load())
	t.Logf("%d deadlocks refused, %d gave up, %d times lent", deadlocks.Load(), gaveUp.Load(), lent.Load())
}
