package bench

import (
	"sync"
	"testing"

	"github.com/gokern/gokern/gpm"
)

// BenchmarkSpawn measures the life of one that does nothing: start, run, end. An
// operation is one of them. They are started a hundred at a time and waited for
// with a WaitGroup, so the time includes the switches to each and back.
//
//	plain    go f()
//	kernel   Kernel.Go(attr, f)
//	spawn    Kernel.Spawn(attr, f), which also makes a Task to hold
//	inherit  go f() in a task with Attr.Inherit, so that f is a task too
//
// The garbage collector has idle Ps beside the kernel's one and none beside
// GOMAXPROCS(1): see the allocations.
func BenchmarkSpawn(b *testing.B) {
	oneCPU(b, spawn)
	b.Run("spawn", func(b *testing.B) {
		k := boot(b, oneVirtual)
		asTask(b, k, gpm.Attr{}, func() {
			spawn(b, func(f func()) {
				if _, err := k.Spawn(gpm.Attr{}, f); err != nil {
					b.Error(err)
				}
			})
		})
	})
	b.Run("inherit", func(b *testing.B) {
		k := boot(b, oneVirtual)
		asTask(b, k, gpm.Attr{Inherit: true}, func() { spawn(b, goroutine) })
	})
}

func spawn(b *testing.B, s start) {
	const batch = 100
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= batch {
		n := min(left, batch)
		wg.Add(n)
		for range n {
			s(wg.Done)
		}
		wg.Wait()
	}
	b.StopTimer()
}
