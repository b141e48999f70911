package history_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/internal/torture/history"
)

// tokens by a channel are good.
func tokens() history.Tokens {
	c := make(chan struct{}, 1000)
	return history.Tokens{
		Post: func() { c <- struct{}{} },
		Take: func() { <-c },
		TryTake: func() bool {
			select {
			case <-c:
				return true
			default:
				return false
			}
		},
		TakeContext: func(ctx context.Context) error {
			select {
			case <-c:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	}
}

// twice takes in two steps: two that look at once have the same token.
func twice() history.Tokens {
	var n atomic.Int64
	try := func() bool {
		if n.Load() <= 0 {
			return false
		}
		torture.Spin(100)
		n.Dec()
		return true
	}
	return history.Tokens{
		Post:    func() { n.Inc() },
		TryTake: try,
		Take: func() {
			for end := time.Now().Add(time.Second); !try() && time.Now().Before(end); {
				time.Sleep(time.Microsecond)
			}
		},
	}
}

// blind says at times that there is none.
func blind() history.Tokens {
	t := tokens()
	try, n := t.TryTake, atomic.NewInt64(0)
	t.TryTake = func() bool { return n.Inc()%8 != 0 && try() }
	return t
}

func TestTortureTokens(t *testing.T) { history.TestTokens(t, 0.1, tokens) }

func TestTortureTokensBusted(t *testing.T) {
	t.Run("twice", func(t *testing.T) { history.MustCatchTokens(t, twice) })
	t.Run("blind", func(t *testing.T) { history.MustCatchTokens(t, blind) })
}

func bag() history.Bag {
	c := make(chan int, 1000)
	return history.Bag{
		Put: func(v int) { c <- v },
		Get: func() (int, bool) {
			select {
			case v := <-c:
				return v, true
			default:
				return 0, false
			}
		},
	}
}

// shared is a list whose head is taken in two steps.
func shared() history.Bag {
	type node struct {
		v    int
		next *node
	}
	var head atomic.Pointer[node]
	return history.Bag{
		Put: func(v int) { head.Store(&node{v, head.Load()}) },
		Get: func() (int, bool) {
			n := head.Load()
			if n == nil {
				return 0, false
			}
			head.Store(n.next)
			return n.v, true
		},
	}
}

func TestTortureBag(t *testing.T)       { history.TestBag(t, 0.1, bag) }
func TestTortureBagBusted(t *testing.T) { history.MustCatchBag(t, shared) }
