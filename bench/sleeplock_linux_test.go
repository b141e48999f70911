package bench

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock"
)

//lint:file-ignore SA2001 what it costs to enter and leave is the question

// BenchmarkSleepMutex measures a mutex that nobody else wants. An operation is one
// Lock and one Unlock.
//
//	sync      sync.Mutex, by an ordinary goroutine
//	plain     lock.Mutex, likewise
//	sync-task sync.Mutex, by a task
//	kernel    lock.Mutex, by a task
func BenchmarkSleepMutex(b *testing.B) {
	supported(b)
	ofSync := func(b *testing.B) {
		m := new(sync.Mutex)
		b.ResetTimer()
		for range b.N {
			m.Lock()
			m.Unlock()
		}
		b.StopTimer()
	}
	ours := func(b *testing.B) {
		m := new(lock.Mutex)
		b.ResetTimer()
		for range b.N {
			m.Lock()
			m.Unlock()
		}
		b.StopTimer()
	}
	task := func(f func(*testing.B)) func(*testing.B) {
		return func(b *testing.B) {
			k := boot(b, oneVirtual)
			asTask(b, k, gpm.Attr{}, func() { f(b) })
		}
	}
	b.Run("sync", ofSync)
	b.Run("plain", ours)
	b.Run("sync-task", task(ofSync))
	b.Run("kernel", task(ours))
}

// BenchmarkSleepMutexContended measures how fast two workers get through one
// mutex. An operation is Lock, a section of the given length that computes,
// Unlock, and as much time again outside. The workers are goroutines with
// GOMAXPROCS(2), or tasks on two virtual CPUs.
//
//	sync      sync.Mutex, goroutines
//	plain     lock.Mutex, goroutines
//	sync-task sync.Mutex, tasks
//	kernel    lock.Mutex, tasks
func BenchmarkSleepMutexContended(b *testing.B) {
	supported(b)
	twoCPUs(b)
	for _, ns := range []int{10, 100, 1000} {
		n := stepsFor(ns)
		for _, c := range []struct {
			name string
			make func() sync.Locker
			task bool
		}{
			{"sync", func() sync.Locker { return new(sync.Mutex) }, false},
			{"plain", func() sync.Locker { return new(lock.Mutex) }, false},
			{"sync-task", func() sync.Locker { return new(sync.Mutex) }, true},
			{"kernel", func() sync.Locker { return new(lock.Mutex) }, true},
		} {
			b.Run(fmt.Sprintf("%dns/%s", ns, c.name), func(b *testing.B) {
				l := c.make()
				onTwo(b, c.task, func() {
					l.Lock()
					compute(n)
					l.Unlock()
					compute(n)
				})
			})
		}
	}
}

// BenchmarkRWSemReaders measures readers that are on all CPUs. An operation is one
// RLock and one RUnlock of one of two workers.
//
//	sync      sync.RWMutex, goroutines
//	sync-task sync.RWMutex, tasks
//	rwsem     lock.RWSem, tasks
//	percpu    lock.PerCPURWSem, tasks
func BenchmarkRWSemReaders(b *testing.B) {
	supported(b)
	twoCPUs(b)
	b.Run("sync", func(b *testing.B) {
		var l sync.RWMutex
		onTwo(b, false, func() { l.RLock(); l.RUnlock() })
	})
	b.Run("sync-task", func(b *testing.B) {
		var l sync.RWMutex
		onTwo(b, true, func() { l.RLock(); l.RUnlock() })
	})
	b.Run("rwsem", func(b *testing.B) {
		l := new(lock.RWSem)
		onTwo(b, true, func() { l.RLock(); l.RUnlock() })
	})
	b.Run("percpu", func(b *testing.B) {
		l := lock.NewPerCPURWSem()
		onTwo(b, true, func() { l.RLock(); l.RUnlock() })
	})
}

// onTwo has two workers share b.N calls of op.
func onTwo(b *testing.B, task bool, op func()) {
	s := start(goroutine)
	if task {
		k := boot(b, gpm.Config{CPUs: 2})
		s = tasks(b, k, gpm.Attr{})
	} else {
		procs(b, 2)
	}
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	for i := range 2 {
		ready.Add(1)
		done.Add(1)
		s(func() {
			defer done.Done()
			ready.Done()
			<-gate
			for range (b.N + i) / 2 {
				op()
			}
		})
	}
	ready.Wait()
	b.ResetTimer()
	close(gate)
	done.Wait()
	b.StopTimer()
}

// compute takes some n steps.
func compute(n int) {
	x := uint64(n)
	for range n {
		x = x*6364136223846793005 + 1
	}
	runtime.KeepAlive(x)
}

// stepsFor returns how many steps of compute take ns nanoseconds.
func stepsFor(ns int) int {
	const n = 100_000
	best := time.Hour
	for range 20 {
		begin := time.Now()
		compute(n)
		best = min(best, time.Since(begin))
	}
	return max(1, int(float64(ns)*n/float64(best.Nanoseconds())))
}
