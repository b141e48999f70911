package rcu_test

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/rcu"
	"github.com/gokern/gokern/preempt"
)

// allEnd checks that every kind of wait ends, from a goroutine and from a task.
func allEnd(t *testing.T, k *gpm.Kernel) {
	t.Helper()
	for name, synchronize := range synchronizes {
		require.True(t, over(after(synchronize), long), name)
		wait(t, spawn(t, k, gpm.Attr{Policy: gpm.FIFO, Priority: 1}, synchronize))
	}
}

func TestIdleKernel(t *testing.T) {
	k := boot(t, gpm.Config{})
	allEnd(t, k)
	time.Sleep(200 * time.Millisecond) // until the CPUs have blocked
	allEnd(t, k)
}

// Tasks that are blocked, and in no section, need not be asked.
func TestAllTasksBlocked(t *testing.T) {
	k := boot(t, gpm.Config{})
	release := make(chan struct{})
	var tasks []*gpm.Task
	for range 1000 {
		tasks = append(tasks, spawn(t, k, gpm.Attr{}, func() {
			rcu.ReadLock()
			rcu.ReadUnlock()
			<-release
		}))
	}
	allEnd(t, k)
	close(release)
	wait(t, tasks...)
}

// Nor those that compute, one on each CPU, with nothing else to run: no tick comes
// by, and nothing switches.
func TestBusyKernel(t *testing.T) {
	k := boot(t, gpm.Config{})
	var stop atomic.Bool
	var tasks []*gpm.Task
	for range runtime.NumCPU() {
		tasks = append(tasks, spawn(t, k, gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() { spin(&stop) }))
	}
	for name, synchronize := range synchronizes {
		assert.True(t, over(after(synchronize), long), name)
	}
	stop.Store(true)
	wait(t, tasks...)
}

// One that is in a section nearly always, with never the time to be asked.
func TestReadersWithoutPause(t *testing.T) {
	k := boot(t, gpm.Config{CPUs: 2})
	for name, s := range sections {
		t.Run(name, func(t *testing.T) {
			var stop atomic.Bool
			var tasks []*gpm.Task
			for range 2 {
				tasks = append(tasks, spawn(t, k, gpm.Attr{}, func() {
					for !stop.Load() {
						s.enter()
						for range 100 {
							pause()
						}
						s.leave()
					}
				}))
			}
			for range 5 {
				assert.True(t, over(after(rcu.Synchronize), long))
				assert.True(t, over(after(rcu.SynchronizeExpedited), long))
			}
			stop.Store(true)
			wait(t, tasks...)
		})
	}
}

func TestStopTheWorld(t *testing.T) {
	k := boot(t, gpm.Config{CPUs: 3, Slice: 100 * time.Microsecond})
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	var stop atomic.Bool
	world := after(func() {
		for buf := make([]byte, 1<<16); !stop.Load(); {
			runtime.GC()
			runtime.Stack(buf, true) // stops the world
		}
	})
	var tasks []*gpm.Task
	for range 4 {
		tasks = append(tasks, spawn(t, k, gpm.Attr{}, func() {
			for i := 0; !stop.Load(); i++ {
				rcu.ReadLock()
				runtime.KeepAlive(make([]byte, i&0xfff))
				rcu.ReadUnlock()
				preempt.Disable()
				pause()
				preempt.Enable()
			}
		}))
	}
	n := 50
	if testing.Short() {
		n = 10
	}
	for range n {
		for name, synchronize := range synchronizes {
			require.True(t, over(after(synchronize), long), name)
		}
	}
	stop.Store(true)
	<-world
	wait(t, tasks...)
}

// A grace period that is under way when the kernel shuts down ends, and so does
// one that goes on into the next kernel.
func TestShutdownMeanwhile(t *testing.T) {
	n := 5
	if testing.Short() {
		n = 1
	}
	for range n {
		var stop atomic.Bool
		waits := after(func() {
			for !stop.Load() {
				rcu.Synchronize()
				rcu.SynchronizeExpedited()
			}
		})
		for range 3 {
			t.Run("kernel", func(t *testing.T) {
				k := boot(t, gpm.Config{})
				wait(t, spawn(t, k, gpm.Attr{}, func() {
					rcu.ReadLock()
					time.Sleep(time.Millisecond)
					rcu.ReadUnlock()
				}))
			})
		}
		stop.Store(true)
		require.True(t, over(waits, long))
	}
}
