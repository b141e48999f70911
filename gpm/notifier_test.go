//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/preempt"
)

// A task that is preempted, blocks, yields, moves and leaves the kernel finds out, once
// each, and whether it could have gone on; one that keeps its CPU is told nothing.
func TestPreemptNotifier(t *testing.T) {
	testgc.Off(t)
	require.ErrorIs(t, new(PreemptNotifier).Register(), ErrTask)
	k := boot(t, Config{CPUs: 2, Preemption: preempt.None}) // so that nothing else switches
	var n, second PreemptNotifier
	in(t, k, Attr{CPUs: []int{0}}, func() {
		type told struct {
			preempted bool
			cpu       int
		}
		var out bool
		var got []told
		n.SchedOut = func(preempted bool) { out = preempted }
		n.SchedIn = func(cpu int) { got = append(got, told{out, cpu}) }
		assert.NoError(t, n.Register())
		assert.ErrorIs(t, n.Register(), ErrTask)
		assert.NoError(t, second.Register())
		at := 0
		is := func(what string, visits uint64, do func(), want func() []told) {
			for range 50 {
				before := k.allVisits()
				n.Deliver()
				got = nil
				do()
				preempt.Disable()
				told := n.Deliver()
				assert.False(t, told && k.allVisits()-before == visits && n.Deliver(), "%s: twice", what)
				preempt.Enable()
				if k.allVisits()-before == visits { // else Go has had it pass through the scheduler
					assert.Equal(t, want(), got, what)
					return
				}
			}
			assert.Fail(t, "Go wants the CPU all the time", what)
		}
		here := func(preempted bool) func() []told { return func() []told { return []told{{preempted, at}} } }
		is("nothing", 0, func() {}, func() []told { return nil })
		is("a yield", 0, runtime.Gosched, here(true))
		is("a preemption", 1, func() {
			preempt.SetNeedResched()
			assert.True(t, preempt.CondResched())
		}, here(true))
		is("a sleep", 0, func() { Sleep(time.Millisecond) }, here(false))
		is("outside", 0, func() { Outside(func() { assert.False(t, n.Running()) }) }, here(false))
		is("a move", 1, func() {
			at = 1 - at
			assert.NoError(t, Current().SetAttr(Attr{CPUs: []int{at}}))
			preempt.CondResched()
		}, here(true))
		assert.True(t, n.Running())
		assert.False(t, n.Preempted())
		second.Unregister()
		is("one notifier less", 0, func() {
			before := second.Switches()
			runtime.Gosched()
			assert.Equal(t, before, second.Switches(), "it was unregistered")
		}, here(true))
	})
	require.GreaterOrEqual(t, n.Away(), time.Millisecond)
}

//go:norace
func (k *Kernel) allVisits() (n uint64) {
	for _, c := range k.cpus {
		n += c.Async + c.Sync + c.Stops
	}
	return n
}

// While a task waits for its CPU others see that it could run, and when it is blocked
// that it could not; after its end its memory serves others, and n is left alone.
func TestPreemptNotifierFromOutside(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	var n PreemptNotifier
	var up, stop atomic.Bool
	block := make(chan struct{})
	require.NoError(t, k.Go(Attr{}, func() {
		assert.NoError(t, n.Register())
		up.Store(true)
		for !stop.Load() {
			call(1)
		}
		<-block
	}))
	soon := func(what string, ok func() bool) {
		t.Helper()
		require.Eventually(t, ok, time.Minute, time.Millisecond, what)
	}
	soon("it runs", up.Load)
	var release atomic.Bool
	defer release.Store(true)
	high := spawn(t, k, Attr{Policy: FIFO, Priority: 1}, func() {
		for !release.Load() {
			call(1)
		}
	})
	soon("it is preempted", n.Preempted)
	release.Store(true)
	wait(t, high)
	stop.Store(true)
	soon("it blocks", func() bool { return !n.Running() && !n.Preempted() })
	close(block)
	soon("it ends", func() bool { return k.Stats().Tasks == 0 })
	at := n.Switches()
	in(t, k, Attr{}, func() { // does the next task in that memory know it?
		for range 10 {
			assert.NoError(t, k.Go(Attr{}, runtime.Gosched))
		}
		runtime.Gosched()
	})
	require.Equal(t, at, n.Switches())
	require.False(t, n.Running(), "it has ended")
	require.False(t, n.Preempted())
	in(t, k, Attr{}, func() {
		assert.NoError(t, n.Register(), "it was the ended task's")
		assert.True(t, n.Running())
		n.Unregister()
	})
}
