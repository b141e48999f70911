package bench

import (
	"testing"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/percpu"
)

// BenchmarkGetCPU measures an empty section that stays on its CPU and knows
// which one that is. An operation is one section, entered and left.
//
//	procpin  runtime.procPin, which returns the number of the P
//	kernel   percpu.GetCPU and PutCPU, in a task
//
// Both sum up the numbers, so that the compiler leaves out neither.
func BenchmarkGetCPU(b *testing.B) {
	supported(b)
	sum := 0
	b.Run("procpin", func(b *testing.B) {
		for range b.N {
			sum += procPin()
			procUnpin()
		}
	})
	b.Run("kernel", func(b *testing.B) {
		k := boot(b, oneVirtual)
		asTask(b, k, gpm.Attr{}, func() {
			b.ResetTimer()
			for range b.N {
				sum += percpu.GetCPU()
				percpu.PutCPU()
			}
			b.StopTimer()
		})
	})
	if sum < 0 {
		b.Fatal("a CPU has a negative number")
	}
}
