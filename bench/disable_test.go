package bench

import (
	"sync"
	"testing"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/preempt"
)

// BenchmarkDisable measures an empty section that nobody else may enter. An
// operation is one section, entered and left, in a loop of nothing else.
//
//	mutex    sync.Mutex, never contended
//	procpin  runtime.procPin, which is not public: the cheapest that Go has
//	kernel   preempt.Disable and Enable, in a task
//
// All three are called as users call them, so sync.Mutex is inlined.
func BenchmarkDisable(b *testing.B) {
	supported(b)
	b.Run("mutex", func(b *testing.B) {
		var mu sync.Mutex
		for range b.N {
			mu.Lock()
			//lint:ignore SA2001 what it costs to enter and leave is the question
			mu.Unlock()
		}
	})
	b.Run("procpin", func(b *testing.B) {
		for range b.N {
			procPin()
			procUnpin()
		}
	})
	b.Run("kernel", func(b *testing.B) {
		k := boot(b, oneVirtual)
		asTask(b, k, gpm.Attr{}, func() {
			b.ResetTimer()
			for range b.N {
				preempt.Disable()
				preempt.Enable()
			}
			b.StopTimer()
		})
	})
}
