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

// BenchmarkContended measures the throughput of a lock that two want all the time,
// each on a CPU of its own. An operation is one section, of either, and lasts as
// long as the name says; so less than that plus an uncontended Lock and Unlock is
// not possible.
//
//	alone   one that needs no lock: the bound
//	plain   by ordinary goroutines
//	others  by tasks
func BenchmarkContended(b *testing.B) {
	supported(b)
	for _, length := range []time.Duration{10, 100, 1000} {
		turns := calibrate(length)
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			b.Run("alone", func(b *testing.B) {
				for range b.N {
					work(turns)
				}
			})
			b.Run("mutex/plain", func(b *testing.B) {
				procs(b, 2)
				contend(b, new(sync.Mutex), turns, func(_ int, f func()) { go f() })
			})
			for _, c := range []struct {
				name string
				l    sync.Locker
			}{
				{"mutex/task", new(sync.Mutex)},
				{"spin", new(lock.SpinLock)},
				{"ticket", new(lock.TicketLock)},
				{"mcs", new(lock.MCSLock)},
			} {
				b.Run(c.name, func(b *testing.B) {
					k := boot(b, gpm.Config{CPUs: 2})
					contend(b, c.l, turns, func(n int, f func()) {
						if _, err := k.Spawn(gpm.Attr{CPUs: []int{n}}, f); err != nil {
							b.Error(err)
						}
					})
				})
			}
		})
	}
}

// contend has two run sections of that many turns until there were b.N.
func contend(b *testing.B, l sync.Locker, turns int, start func(n int, f func())) {
	var wait sync.WaitGroup
	begin := make(chan struct{})
	count := 0 // protected by l
	for n := range 2 {
		wait.Add(1)
		start(n, func() {
			defer wait.Done()
			<-begin
			for more := true; more; {
				l.Lock()
				work(turns)
				count++
				more = count < b.N
				l.Unlock()
			}
		})
	}
	b.ResetTimer()
	close(begin)
	wait.Wait()
	b.StopTimer()
}

// work takes some time, without touching memory.
//
//go:noinline
func work(turns int) {
	x := uint64(turns)
	for i := range turns {
		x = x*6364136223846793005 + uint64(i)
	}
	runtime.KeepAlive(x)
}

// calibrate returns how many turns work makes in d.
func calibrate(d time.Duration) int {
	const turns = 1 << 16
	best := time.Hour
	for range 50 {
		begin := time.Now()
		work(turns)
		best = min(best, time.Since(begin))
	}
	return max(1, int(d*turns/best))
}
