//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// A wake-up's moments come in their order, between what the waker did and what the task
// does then, whoever woke it; what was no wait is no wake-up.
func TestLastWakeUp(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	var n PreemptNotifier
	_, ok := n.LastWakeUp()
	require.False(t, ok, "not registered")
	ask, answer := make(chan struct{}), make(chan time.Time, 1)
	send := func(attr Attr) func() {
		return func() {
			in(t, k, attr, func() {
				<-ask
				answer <- time.Now()
			})
		}
	}
	const slack = 100 * time.Microsecond // one clock is computed from the other
	for name, c := range map[string]struct {
		by   []int
		sent func()
		wait func()
	}{
		"a task of the same CPU": {[]int{0}, send(Attr{CPUs: []int{0}}), nil},
		"a task of another":      {[]int{1}, send(Attr{CPUs: []int{1}}), nil},
		"an ordinary goroutine":  {[]int{-1}, func() { <-ask; answer <- time.Now() }, nil},
		"its own timer": {[]int{0}, func() { <-ask }, func() {
			answer <- time.Now().Add(time.Millisecond)
			Sleep(time.Millisecond)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			go c.sent()
			in(t, k, Attr{CPUs: []int{0}, Policy: FIFO, Priority: 1}, func() {
				if assert.NoError(t, n.Register()) {
					defer n.Unregister()
				}
				_, ok := n.LastWakeUp()
				assert.False(t, ok)
				ask <- struct{}{}
				if c.wait != nil {
					c.wait()
				}
				before := <-answer
				after := time.Now()
				w, ok := n.LastWakeUp()
				if ok || c.wait != nil { // else it was faster than this task
					assert.True(t, ok)
					assert.Contains(t, c.by, w.By)
					at := []time.Time{before.Add(-slack), w.Woken, w.Queued, w.Picked, w.Ran, after.Add(slack)}
					for i := range at[1:] {
						assert.False(t, at[i+1].Before(at[i]), "%d of %v", i, at)
					}
				}
				again, _ := n.LastWakeUp()
				assert.WithinDuration(t, w.Woken, again.Woken, slack)
			})
		})
	}
}

// The moments of a task that has to wait for its CPU say where it waited.
func TestLastWakeUpWaits(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	var up, stop atomic.Bool
	wake := make(chan struct{})
	var w WakeUp
	low := spawn(t, k, Attr{}, func() {
		var n PreemptNotifier
		assert.NoError(t, n.Register())
		up.Store(true)
		<-wake
		w, _ = n.LastWakeUp()
	})
	for !up.Load() || low.State() != Blocked {
		time.Sleep(time.Millisecond)
	}
	var began, ended time.Time
	high := spawn(t, k, Attr{Policy: FIFO, Priority: 1}, func() {
		began = time.Now()
		wake <- struct{}{}
		for !stop.Load() {
			call(1)
		}
		ended = time.Now()
	})
	time.Sleep(5 * time.Millisecond)
	stop.Store(true)
	wait(t, high, low)
	const slack = 100 * time.Microsecond
	require.WithinRange(t, w.Queued, began.Add(-slack), ended)
	require.False(t, w.Picked.Before(ended.Add(-slack)), "it waited for the CPU: %v, %v", w, ended)
	require.Equal(t, 0, w.By)
}
