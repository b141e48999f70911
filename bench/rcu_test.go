package bench

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/puzpuzpuz/xsync/v4"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/rcu"
)

// BenchmarkReaders measures an empty read-side section while every CPU enters
// and leaves such sections all the time. An operation is one section.
//
//	rwmutex  sync.RWMutex's RLock and RUnlock
//	rbmutex  xsync.RBMutex's, whose readers are spread over counters
//	srcu     SRCU's ReadLock and ReadUnlock
//	kernel   rcu.ReadLock and ReadUnlock, in tasks
func BenchmarkReaders(b *testing.B) {
	supported(b)
	b.Run("rwmutex", func(b *testing.B) {
		var mu sync.RWMutex
		everywhere(b, goroutine, func(n int) {
			for range n {
				mu.RLock()
				//lint:ignore SA2001 what it costs to enter and leave is the question
				mu.RUnlock()
			}
		})
	})
	b.Run("rbmutex", func(b *testing.B) {
		mu := xsync.NewRBMutex()
		everywhere(b, goroutine, func(n int) {
			for range n {
				mu.RUnlock(mu.RLock())
			}
		})
	})
	b.Run("srcu", func(b *testing.B) {
		s := rcu.NewSRCU("")
		everywhere(b, goroutine, func(n int) {
			for range n {
				s.ReadUnlock(s.ReadLock())
			}
		})
	})
	b.Run("kernel", func(b *testing.B) {
		k := boot(b, gpm.Config{})
		everywhere(b, tasks(b, k, gpm.Attr{}), func(n int) {
			for range n {
				rcu.ReadLock()
				rcu.ReadUnlock()
			}
		})
	})
}

// everywhere has as many run at the same time as there are CPUs, b.N operations
// each.
func everywhere(b *testing.B, s start, run func(n int)) {
	var ready, done sync.WaitGroup
	var begin atomic.Bool
	cpus := runtime.NumCPU()
	ready.Add(cpus)
	done.Add(cpus)
	for range cpus {
		s(func() {
			defer done.Done()
			ready.Done()
			for !begin.Load() {
				runtime.Gosched()
			}
			run(b.N)
		})
	}
	ready.Wait()
	b.ResetTimer()
	begin.Store(true)
	done.Wait()
}

// BenchmarkSynchronize measures how long an ordinary goroutine waits for a grace
// period while every CPU runs a task that reads all the time. The median, and
// the 99th percentile.
func BenchmarkSynchronize(b *testing.B) {
	supported(b)
	for _, how := range []struct {
		name string
		wait func()
	}{{"normal", rcu.Synchronize}, {"expedited", rcu.SynchronizeExpedited}} {
		for _, readers := range []string{"idle", "busy"} {
			b.Run(how.name+"/"+readers, func(b *testing.B) {
				k := boot(b, gpm.Config{})
				var stop atomic.Bool
				var done, ready sync.WaitGroup
				if readers == "busy" {
					for cpu := range runtime.NumCPU() {
						done.Add(1)
						ready.Add(1)
						tasks(b, k, gpm.Attr{CPUs: []int{cpu}})(func() {
							defer done.Done()
							ready.Done()
							for !stop.Load() {
								rcu.ReadLock()
								rcu.ReadUnlock()
							}
						})
					}
				}
				ready.Wait()
				var samples []time.Duration
				b.ResetTimer()
				time.Sleep(20 * time.Millisecond) // that has stopped the world: not all CPUs are back
				for range b.N {
					begin := time.Now()
					how.wait()
					samples = append(samples, time.Since(begin))
				}
				stop.Store(true)
				done.Wait()
				latencies(b, samples)
			})
		}
	}
}
