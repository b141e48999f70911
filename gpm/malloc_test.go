//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// Atomic sections may allocate: an allocation neither helps the collector nor
// starts a collection there, for both can block. (It was "scheduling while
// atomic" within a second.)
func TestAllocateAtomic(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	var bugs atomic.Int64
	old := preempt.SetBugHandler(func(b *preempt.Bug) {
		bugs.Inc()
		t.Log(b)
	})
	defer preempt.SetBugHandler(old)
	length := 5 * time.Second
	if testing.Short() {
		length = time.Second
	}
	var stop atomic.Bool
	collections := make(chan struct{})
	go func() {
		defer close(collections)
		for !stop.Load() {
			runtime.GC()
		}
	}()
	var tasks []*Task
	for i := range 6 {
		tasks = append(tasks, spawn(t, k, Attr{}, func() {
			var keep [64][]*[40]byte
			for n := 0; !stop.Load(); n++ {
				if i%3 == 0 {
					signals.InterruptDisable()
				} else {
					preempt.Disable()
				}
				var list []*[40]byte
				for range 400 {
					list = append(list, new([40]byte))
				}
				keep[n%len(keep)] = list
				if i%3 == 0 {
					signals.InterruptEnable()
				} else {
					preempt.Enable()
				}
				keep[n%7] = append(keep[n%7], new([40]byte)) // here it may help
			}
		}))
	}
	time.Sleep(length)
	stop.Store(true)
	wait(t, tasks...)
	<-collections
	require.Zero(t, bugs.Load())
	require.Zero(t, k.Stats().Total.AtomicParks)
}

// To collect in an atomic section breaks the rules, and says so when the section
// ends; it does not wait for ever. (runtime.GC calls Gosched until something that
// waits for this very P is over.)
func TestCollectAtomic(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	var bugs atomic.Int64
	old := preempt.SetBugHandler(func(*preempt.Bug) { bugs.Inc() })
	defer preempt.SetBugHandler(old)
	for range 5 {
		in(t, k, Attr{}, func() {
			preempt.Disable()
			runtime.GC()
			preempt.Enable()
		})
	}
	require.Positive(t, bugs.Load())
}
