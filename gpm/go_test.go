//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// Go starts each function once, as a task with its own number, whoever calls it
// and whoever's memory the task has.
func TestGo(t *testing.T) {
	k := boot(t, Config{})
	rounds := 50
	if testing.Short() {
		rounds = 10
	}
	attrs := []Attr{{Name: "a"}, {Name: "b", Policy: RR, Priority: 3}, {Name: "c", CPUs: []int{0}}, {Name: "d", Inherit: true}}
	var wg sync.WaitGroup
	var runs, wrong atomic.Int64
	start := func() {
		for i := range 400 {
			attr := attrs[i%len(attrs)]
			looks := i%3 == 0 // then its memory is not used again
			wg.Add(1)
			if err := k.Go(attr, func() {
				defer wg.Done()
				runs.Inc()
				if i%5 == 0 {
					runtime.Gosched()
				}
				if looks {
					if me := Current(); me.Name() != attr.Name || me.Attr().Priority != attr.Priority {
						wrong.Inc()
					}
				}
				if attr.Inherit {
					wg.Add(1)
					go func() {
						defer wg.Done()
						if Current().Name() != attr.Name {
							wrong.Inc()
						}
					}()
				}
			}); err != nil {
				wrong.Inc()
			}
		}
	}
	for range rounds {
		in(t, k, Attr{}, start)
		start()
	}
	wg.Wait()
	require.Zero(t, wrong.Load())
	require.EqualValues(t, 2*rounds*400, runs.Load())
}

// A task that somebody knows keeps its identity when it has ended, and others
// use memory again.
func TestGoKeepsTheKnown(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	in(t, k, Attr{}, func() {
		var wg sync.WaitGroup
		known := map[int64]*Task{}
		for range 100 {
			wg.Add(1)
			require.NoError(t, k.Go(Attr{Name: "known"}, func() {
				defer wg.Done()
				me := Current()
				known[me.ID()] = me // one CPU, FIFO turns, and nothing here blocks
			}))
			runtime.Gosched()
			for range 5 {
				wg.Add(1)
				require.NoError(t, k.Go(Attr{Name: "other"}, wg.Done))
			}
			wg.Wait()
		}
		require.Len(t, known, 100)
		for id, task := range known {
			require.Equal(t, id, task.ID())
			require.Equal(t, "known", task.Name())
			require.Equal(t, Dead, task.State())
		}
	})
}

// Unknown tasks cost no memory of their own: what has ended is used again.
func TestGoUsesAgain(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	in(t, k, Attr{}, func() {
		var wg sync.WaitGroup
		batch := func() {
			for range 32 {
				wg.Add(1)
				if err := k.Go(Attr{}, wg.Done); err != nil {
					panic(err)
				}
			}
			wg.Wait()
		}
		batch()
		runtime.Gosched()
		seen := spareTasks(k)
		for range 200 {
			batch()
		}
		runtime.Gosched()
		require.LessOrEqual(t, spareTasks(k), seen+32)
		require.Positive(t, seen)
	})
}

//go:norace
func spareTasks(k *Kernel) int { return int(k.nspares) }

func TestGoRefuses(t *testing.T) {
	k, err := Boot(Config{})
	require.NoError(t, err)
	require.ErrorIs(t, k.Go(Attr{Priority: 5}, func() {}), ErrAttr)
	require.ErrorIs(t, k.Go(Attr{}, nil), ErrAttr)
	require.ErrorIs(t, k.Do(Attr{}, nil), ErrAttr)
	_, err = k.Spawn(Attr{}, nil)
	require.ErrorIs(t, err, ErrAttr)
	shutdown(t, k)
	if err := k.Go(Attr{}, func() {}); !errors.Is(err, ErrShutdown) {
		t.Fatalf("Go after Shutdown: %v", err)
	}
}
