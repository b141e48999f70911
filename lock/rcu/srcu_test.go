package rcu_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/rcu"
	"github.com/gokern/gokern/preempt"
)

// A reader that sleeps, a task or not, holds up its own SRCU and no other.
func TestSRCU(t *testing.T) {
	k := boot(t, gpm.Config{})
	for name, start := range map[string]func(func()){
		"a task":      func(fn func()) { spawn(t, k, gpm.Attr{}, fn) },
		"a goroutine": func(fn func()) { go fn() },
	} {
		t.Run(name, func(t *testing.T) {
			s, other := rcu.NewSRCU("one"), rcu.NewSRCU("other")
			in, out := make(chan struct{}), make(chan struct{})
			start(func() {
				a := s.ReadLock()
				b := s.ReadLock()
				close(in)
				<-out
				s.ReadUnlock(b)
				time.Sleep(short)
				s.ReadUnlock(a)
			})
			<-in
			for range 3 {
				other.Synchronize()
				rcu.Synchronize()
				rcu.SynchronizeExpedited()
			}
			done := after(s.Synchronize)
			called := make(chan struct{})
			s.Call(func() { close(called) })
			assert.False(t, over(done, short), "it did not wait")
			assert.False(t, over(called, 0), "Call did not wait")
			close(out)
			require.True(t, over(done, long), "it waits for ever")
			require.True(t, over(called, long), "Call waits for ever")
			s.Barrier()
		})
	}
}

func TestSRCUHandedOver(t *testing.T) {
	s := rcu.NewSRCU("")
	index := s.DownRead()
	done := after(s.Synchronize)
	assert.False(t, over(done, short), "it did not wait")
	go s.UpRead(index)
	require.True(t, over(done, long), "it waits for ever")
}

func TestSRCUMisused(t *testing.T) {
	s := rcu.NewSRCU("")
	wantBug(t, "the index is not ReadLock's", func() { s.ReadUnlock(2) })
	wantBug(t, "the index is not ReadLock's", func() { s.UpRead(-1) })
	s.Synchronize()
	in(t, func() {
		preempt.Disable()
		found := bugs(func() { s.Synchronize(); s.Barrier() })
		preempt.Enable()
		if assert.Len(t, found, 2) {
			assert.Contains(t, found[0].What, "SRCU.Synchronize while atomic")
		}
	})
}

// A call may block, and wait for a grace period itself.
func TestSRCUCallWaits(t *testing.T) {
	s := rcu.NewSRCU("")
	done := make(chan struct{})
	s.Call(func() { s.Synchronize(); close(done) })
	require.True(t, over(done, long))
}

// Readers that come later do not matter: here there is never a moment without one.
func TestSRCUReadersOverlap(t *testing.T) {
	s := rcu.NewSRCU("")
	var stop atomic.Bool
	done := after(func() {
		index := s.DownRead()
		for !stop.Load() {
			next := s.DownRead()
			s.UpRead(index)
			index = next
			runtime.Gosched()
		}
		s.UpRead(index)
	})
	require.True(t, over(after(func() {
		for range 10 {
			s.Synchronize()
		}
	}), long))
	stop.Store(true)
	<-done
}
