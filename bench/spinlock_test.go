package bench

import (
	"sync"
	"testing"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock"
)

// BenchmarkSpinLock measures a lock that nobody else wants. An operation is one
// Lock and one Unlock, in a loop of nothing else.
//
//	mutex   sync.Mutex, by an ordinary goroutine
//	others  in a task
func BenchmarkSpinLock(b *testing.B) {
	supported(b)
	pair := func(name string, l sync.Locker) {
		b.Run(name, func(b *testing.B) {
			k := boot(b, oneVirtual)
			asTask(b, k, gpm.Attr{}, func() {
				b.ResetTimer()
				for range b.N {
					l.Lock()
					l.Unlock()
				}
				b.StopTimer()
			})
		})
	}
	b.Run("mutex", func(b *testing.B) {
		var mu sync.Mutex
		for range b.N {
			mu.Lock()
			//lint:ignore SA2001 what it costs to enter and leave is the question
			mu.Unlock()
		}
	})
	b.Run("spin", func(b *testing.B) {
		k := boot(b, oneVirtual)
		asTask(b, k, gpm.Attr{}, func() {
			var l lock.SpinLock
			b.ResetTimer()
			for range b.N {
				l.Lock()
				//lint:ignore SA2001 what it costs to enter and leave is the question
				l.Unlock()
			}
			b.StopTimer()
		})
	})
	pair("mutex-interface", new(sync.Mutex))
	pair("spin-interface", new(lock.SpinLock))
}
