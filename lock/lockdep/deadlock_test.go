package lockdep_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/lockdep"
)

// real is a lock that locks: a channel of one place.
type real struct {
	dep  lockdep.Map
	room chan bool
}

func newReal(name string) *real {
	l := &real{room: make(chan bool, 1)}
	l.dep.Init(lockdep.Sleep, name, 0)
	return l
}

// lock gives up when the test does.
func (l *real) lock(ctx context.Context) bool {
	l.dep.Acquire(lockdep.Sleep, lockdep.Exclusive, false, 0)
	select {
	case l.room <- true:
		l.dep.Acquired()
		return true
	default:
	}
	l.dep.Contended()
	select {
	case l.room <- true:
		l.dep.Acquired()
		return true
	case <-ctx.Done():
		l.dep.Release()
		return false
	}
}

func (l *real) unlock() {
	l.dep.Release()
	<-l.room
}

// Goroutines that wait for each other, in a ring of some size, are found by the
// last of them, whatever the graph says.
func TestDeadlock(t *testing.T) {
	for n := 2; n <= 5; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			r := fresh(t)
			ctx, cancel := context.WithCancel(context.Background())
			locks := make([]*real, n)
			for i := range locks {
				locks[i] = newReal(fmt.Sprintf("R%d", i))
			}
			var have, wg sync.WaitGroup
			have.Add(n)
			for i := range n {
				wg.Add(1)
				go func() {
					defer wg.Done()
					locks[i].lock(ctx)
					have.Done()
					have.Wait()
					if locks[(i+1)%n].lock(ctx) {
						locks[(i+1)%n].unlock()
					}
					locks[i].unlock()
				}()
			}
			var found *lockdep.Report
			require.Eventually(t, func() bool {
				r.Lock()
				defer r.Unlock()
				for _, p := range r.list {
					if strings.HasPrefix(p.Error(), "BUG: deadlock") {
						found = p
					}
				}
				return found != nil
			}, time.Minute, time.Millisecond)
			require.ErrorIs(t, found, lockdep.ErrDeadlock)
			assert.Len(t, found.Classes(), n)
			assert.Equal(t, n, strings.Count(found.Error(), "waits for R"), "%v", found)
			var b bytes.Buffer
			require.NoError(t, lockdep.WriteWaitGraph(&b))
			assert.Equal(t, n, strings.Count(b.String(), " waits for R"), b.String())
			assert.Equal(t, n, strings.Count(b.String(), "held by goroutine"), b.String())
			assert.Contains(t, b.String(), "deadlock_test.go")
			cancel()
			wg.Wait()
			b.Reset()
			require.NoError(t, lockdep.WriteWaitGraph(&b))
			assert.Empty(t, b.String())
		})
	}
}

// Goroutines that pass locks on, always in one order, never look like a deadlock.
func TestNoDeadlock(t *testing.T) {
	r := fresh(t)
	var locks [4]*real
	for i := range locks {
		locks[i] = newReal(fmt.Sprintf("R%d", i))
	}
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range rounds {
				first := (i + n) % 3
				locks[first].lock(context.Background())
				locks[first+1].lock(context.Background())
				if n%3 == 0 {
					locks[first].unlock()
					locks[first+1].unlock()
				} else {
					locks[first+1].unlock()
					locks[first].unlock()
				}
			}
		}()
	}
	wg.Wait()
	r.none(t)
}

type syncBuffer struct {
	sync.Mutex
	b bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.Lock()
	defer s.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.Lock()
	defer s.Unlock()
	return s.b.String()
}

// When no task can run, the watchdog tells who waits for locks. Here one waits for
// a lock whose owner waits for something else.
func TestParkedWaitsAreTold(t *testing.T) {
	var out syncBuffer
	k := kernel(t, gpm.Config{CPUs: 2, Logger: slog.New(slog.NewTextHandler(&out, nil))})
	r := fresh(t)
	l := newReal("R")
	held, end := make(chan bool), make(chan bool)
	owner, err := k.Spawn(gpm.Attr{Name: "owner"}, func() {
		l.lock(context.Background())
		close(held)
		<-end
		l.unlock()
	})
	require.NoError(t, err)
	<-held
	waiter, err := k.Spawn(gpm.Attr{Name: "waiter"}, func() {
		l.lock(context.Background())
		l.unlock()
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "no task can run") }, time.Minute, time.Millisecond)
	text := out.String()
	assert.Contains(t, text, `waiter`)
	assert.Contains(t, text, `owner`)
	close(end)
	require.NoError(t, owner.Wait(context.Background()))
	require.NoError(t, waiter.Wait(context.Background()))
	r.none(t)
}
