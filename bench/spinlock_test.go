package bench

import (
	"sync"
	"testing"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock"
)

// BenchmarkSpinLock measures a lock that nobody else wants. An operation is one
// Lock and one Unlock, in a loop of nothing else, called as users call them: what
// can be inlined is.
//
//	mutex   sync.Mutex, by an ordinary goroutine
//	others  in a task
func BenchmarkSpinLock(b *testing.B) {
	supported(b)
	b.Run("mutex", func(b *testing.B) {
		var mu sync.Mutex
		for range b.N {
			mu.Lock()
			//lint:ignore SA2001 what it costs to enter and leave is the question
			mu.Unlock()
		}
	})
	kernel := func(name string, f func(n int)) {
		b.Run(name, func(b *testing.B) {
			k := boot(b, oneVirtual)
			asTask(b, k, gpm.Attr{}, func() {
				b.ResetTimer()
				f(b.N)
				b.StopTimer()
			})
		})
	}
	kernel("spin", func(n int) {
		var l lock.SpinLock
		for range n {
			l.Lock()
			//lint:ignore SA2001 see above
			l.Unlock()
		}
	})
	kernel("irqsave", func(n int) {
		var l lock.SpinLock
		for range n {
			l.UnlockIRQRestore(l.LockIRQSave())
		}
	})
	kernel("bh", func(n int) {
		var l lock.SpinLock
		for range n {
			l.LockBH()
			l.UnlockBH()
		}
	})
	kernel("ticket", func(n int) {
		var l lock.TicketLock
		for range n {
			l.Lock()
			//lint:ignore SA2001 see above
			l.Unlock()
		}
	})
	kernel("mcs", func(n int) {
		var l lock.MCSLock
		for range n {
			l.Lock()
			//lint:ignore SA2001 see above
			l.Unlock()
		}
	})
	kernel("write", func(n int) {
		var l lock.RWLock
		for range n {
			l.Lock()
			//lint:ignore SA2001 see above
			l.Unlock()
		}
	})
	kernel("seq", func(n int) {
		var l lock.SeqLock
		for range n {
			l.Lock()
			//lint:ignore SA2001 see above
			l.Unlock()
		}
	})
}
