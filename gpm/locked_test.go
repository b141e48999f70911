//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"iter"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// More tasks than CPUs block locked to their threads, and wait for one that is
// not. Once the CPUs stayed with them, and nothing ran any more.
func TestLockedTasksDoNotStopTheKernel(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	release := make(chan struct{})
	var blocked sync.WaitGroup
	var tasks []*Task
	for range 6 {
		blocked.Add(1)
		tasks = append(tasks, spawn(t, k, Attr{}, func() {
			me := Current()
			runtime.LockOSThread()
			tid := unix.Gettid()
			blocked.Done()
			<-release
			assert.Equal(t, tid, unix.Gettid(), "its thread is its own")
			runtime.UnlockOSThread()
			time.Sleep(time.Millisecond)
			assert.Same(t, me, Current(), "it is back")
			next, stop := iter.Pull(func(yield func(int) bool) { yield(1) })
			time.Sleep(time.Millisecond)
			next()
			stop()
		}))
	}
	blocked.Wait()
	in(t, k, Attr{}, func() { close(release) })
	wait(t, tasks...)
	require.Positive(t, k.Stats().Total.Departures)
}

// A goroutine that ends locked takes its thread along, as in plain Go, and
// leaves the kernel with as many CPUs as before.
func TestEndLocked(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	for i := range 10 {
		in(t, k, Attr{Inherit: i%2 == 0}, func() {
			runtime.LockOSThread()
			if i%3 != 0 {
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Add(1)
		spawn(t, k, Attr{CPUs: []int{i}}, wg.Done)
	}
	wg.Wait()
}

// Do, of a goroutine that locks itself to its thread meanwhile: the lock is the
// goroutine's own afterwards, and goes with its UnlockOSThread.
func TestDoLocked(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	done := make(chan struct{})
	go func() {
		defer close(done)
		var tid int
		assert.NoError(t, k.Do(Attr{}, func() {
			runtime.LockOSThread()
			tid = unix.Gettid()
			time.Sleep(time.Millisecond)
		}))
		time.Sleep(time.Millisecond)
		assert.Equal(t, tid, unix.Gettid())
		assert.ErrorIs(t, k.Do(Attr{}, func() {}), ErrLocked)
		runtime.UnlockOSThread()
		assert.NoError(t, k.Do(Attr{}, func() {}))
	}()
	<-done
}
