package bench

import (
	"sync"
	"testing"

	"github.com/puzpuzpuz/xsync/v4"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock"
)

// BenchmarkRWLock measures readers on two CPUs, with no writer. An operation is one
// read of a word, by either, with all that goes before and after.
//
//	rwmutex    sync.RWMutex, by ordinary goroutines
//	rbmutex    xsync.RBMutex, by ordinary goroutines
//	others     by tasks
func BenchmarkRWLock(b *testing.B) {
	supported(b)
	word := 1
	plain := func(name string, f func(n int)) {
		b.Run(name, func(b *testing.B) {
			procs(b, 2)
			readBoth(b, func(_ int, f func()) { go f() }, f)
		})
	}
	task := func(name string, f func(n int)) {
		b.Run(name, func(b *testing.B) {
			k := boot(b, gpm.Config{CPUs: 2})
			readBoth(b, func(n int, f func()) {
				if _, err := k.Spawn(gpm.Attr{CPUs: []int{n}}, f); err != nil {
					b.Error(err)
				}
			}, f)
		})
	}
	var rw sync.RWMutex
	plain("rwmutex", func(n int) {
		for range n {
			rw.RLock()
			sink(word)
			rw.RUnlock()
		}
	})
	rb := xsync.NewRBMutex()
	plain("rbmutex", func(n int) {
		for range n {
			t := rb.RLock()
			sink(word)
			rb.RUnlock(t)
		}
	})
	var l lock.RWLock
	task("rwlock", func(n int) {
		for range n {
			l.RLock()
			sink(word)
			l.RUnlock()
		}
	})
	var s lock.SeqLock
	task("seqlock", func(n int) {
		for range n {
			for {
				seq := s.ReadBegin()
				sink(word)
				if !s.ReadRetry(seq) {
					break
				}
			}
		}
	})
	var latch lock.Latch[int]
	task("latch", func(n int) {
		for range n {
			sink(latch.Load())
		}
	})
}

// readBoth has two do half of the operations each.
func readBoth(b *testing.B, start func(n int, f func()), f func(n int)) {
	var wait sync.WaitGroup
	begin := make(chan struct{})
	for n := range 2 {
		wait.Add(1)
		start(n, func() {
			defer wait.Done()
			<-begin
			f(b.N/2 + 1)
		})
	}
	b.ResetTimer()
	close(begin)
	wait.Wait()
	b.StopTimer()
}

//go:noinline
func sink(int) {}
