package lock_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
)

// lentTo has a FIFO task lock m, which owner has, and waits until it has had it.
func lentTo(t *testing.T, k *gpm.Kernel, m *lock.RTMutex) {
	waiter, err := k.Spawn(gpm.Attr{Name: "waiter", Policy: gpm.FIFO, Priority: 10}, func() {
		m.Lock()
		defer m.Unlock()
	})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, waiter.Wait(ctx))
}

// An owner whose group has used its quota up runs by what it is lent, and for as long as it
// takes: what it has to do takes 300 of its group's periods, of a second each.
func TestRTMutexOwnerInThrottledGroup(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	g, err := k.NewGroup(nil, gpm.GroupAttr{Quota: 100 * time.Microsecond, Period: time.Second})
	require.NoError(t, err)
	var m lock.RTMutex
	owns := make(chan struct{})
	owner, err := k.Spawn(gpm.Attr{Name: "owner", Group: g}, func() {
		m.Lock()
		close(owns)
		for gpm.Current().Priority() == 0 {
			runtime.Gosched()
		}
		me := gpm.Current()
		for until := me.Runtime() + 30*time.Millisecond; me.Runtime() < until; {
			runtime.Gosched()
		}
		m.Unlock()
	})
	require.NoError(t, err)
	<-owns
	for g.Stats().Throttled == 0 {
		time.Sleep(time.Millisecond)
	}
	lentTo(t, k, &m)
	require.NoError(t, g.SetAttr(gpm.GroupAttr{}))
	require.NoError(t, owner.Wait(t.Context()))
}

// onceClass is a class that picks each task once.
type onceClass struct {
	waits   []*gpm.Task
	had     map[*gpm.Task]bool
	refused atomic.Int64
}

func (c *onceClass) Enqueue(t *gpm.Task) { c.waits = append(c.waits, t) }

func (c *onceClass) Dequeue(t *gpm.Task) {
	for i := range c.waits {
		if c.waits[i] == t {
			c.waits = append(c.waits[:i], c.waits[i+1:]...)
			return
		}
	}
}

func (c *onceClass) Pick(int) *gpm.Task {
	for i, t := range c.waits {
		if !c.had[t] {
			c.had[t] = true
			c.waits = append(c.waits[:i], c.waits[i+1:]...)
			return t
		}
		c.refused.Inc()
	}
	return nil
}

func (c *onceClass) Tick(int, *gpm.Task) bool     { return true }
func (c *onceClass) Preempts(_, _ *gpm.Task) bool { return false }

// An owner whose class does not let it run any more runs by what it is lent.
func TestRTMutexOwnerInClassThatForgetsIt(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	c := &onceClass{had: map[*gpm.Task]bool{}}
	policy, err := k.Register("once", c, time.Hour)
	require.NoError(t, err)
	var m lock.RTMutex
	owns := make(chan struct{})
	owner, err := k.Spawn(gpm.Attr{Name: "owner", Policy: policy}, func() {
		m.Lock()
		close(owns)
		for gpm.Current().Priority() == 0 {
			runtime.Gosched()
		}
		m.Unlock()
	})
	require.NoError(t, err)
	<-owns
	for c.refused.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	lentTo(t, k, &m)
	require.NoError(t, k.PolicyErr(policy))
	require.NoError(t, k.Unregister(policy))
	require.NoError(t, owner.Wait(t.Context()))
}
