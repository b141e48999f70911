package lock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

func TestMightSleep(t *testing.T) {
	assert.Empty(t, bugsOf(lock.MightSleep), "an ordinary goroutine may")
	asTask(t, func(*gpm.Kernel) {
		assert.Empty(t, bugsOf(lock.MightSleep))
		assert.Len(t, bugsOf(lock.CantSleep), 1)
		var l lock.SpinLock
		for _, section := range [][2]func(){
			{preempt.Disable, preempt.Enable}, {signals.IRQDisable, signals.IRQEnable}, {signals.BHDisable, signals.BHEnable}, {l.Lock, l.Unlock},
		} {
			section[0]()
			bugs := bugsOf(lock.MightSleep)
			assert.Equal(t, []string{"sleeping function called from invalid context"}, bugs)
			assert.Len(t, bugsOf(func() { lock.MightSleepIf(true) }), 1)
			assert.Empty(t, bugsOf(func() { lock.MightSleepIf(false) }))
			assert.Empty(t, bugsOf(lock.CantSleep))
			section[1]()
		}
	})
}

func TestCantMigrate(t *testing.T) {
	defer preempt.SetDebug(preempt.SetDebug(true))
	asTask(t, func(*gpm.Kernel) {
		assert.Len(t, bugsOf(lock.CantMigrate), 1)
		preempt.Disable()
		assert.Empty(t, bugsOf(lock.CantMigrate))
		preempt.Enable()
	})
}

// A holder that asks is preempted by what waits for its CPU, and only if it holds
// nothing else.
func TestCondReschedPreempts(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1, Slice: time.Second})
	var l lock.SpinLock
	var rw lock.RWLock
	for _, c := range []struct {
		lock, unlock func()
		cond         func() bool
	}{
		{l.Lock, l.Unlock, func() bool { return lock.CondReschedLock(&l) }},
		{rw.Lock, rw.Unlock, func() bool { return lock.CondReschedWrite(&rw) }},
		{rw.RLock, rw.RUnlock, func() bool { return lock.CondReschedRead(&rw) }},
	} {
		runTask(t, k, gpm.Attr{}, func() {
			assert.Len(t, bugsOf(func() { c.cond() }), 1, "not held")
			for l.IsLocked() || rw.IsLocked() { // what the BUG left
				c.unlock()
			}
			c.lock()
			assert.False(t, c.cond())
			high, err := k.Spawn(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() {})
			assert.NoError(t, err)
			preempt.Disable()
			assert.False(t, c.cond())
			assert.Equal(t, gpm.Runnable, high.State())
			preempt.Enable()
			assert.True(t, c.cond())
			assert.Equal(t, gpm.Dead, high.State())
			assert.True(t, l.IsLocked() || rw.IsLocked())
			c.unlock()
			assert.Zero(t, preempt.Count())
		})
	}
}

// A holder that asks lets in who waits for the lock, though it would take it again
// at once.
func TestCondReschedLetsIn(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var l lock.SpinLock
	var in atomic.Bool
	var held atomic.Bool
	holder, err := k.Spawn(gpm.Attr{CPUs: []int{0}}, func() {
		l.Lock()
		held.Store(true)
		for end := time.Now().Add(time.Minute); !in.Load() && time.Now().Before(end); {
			lock.CondReschedLock(&l)
		}
		l.Unlock()
	})
	require.NoError(t, err)
	waiter, err := k.Spawn(gpm.Attr{CPUs: []int{1}}, func() {
		for !held.Load() {
		}
		l.Lock()
		in.Store(true)
		l.Unlock()
	})
	require.NoError(t, err)
	waitAll(t, []*gpm.Task{holder, waiter})
	assert.True(t, in.Load())
	assert.False(t, l.IsContended())
}
