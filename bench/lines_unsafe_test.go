package bench

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/gokern/gokern/gpm"
)

// BenchmarkLines measures how far apart what two CPUs write must be: an operation
// is one change of a word, by each of two sides at once, at a distance in bytes.
// The first word is at the start of a pair of cache lines. It is what percpu's
// padding was chosen by.
func BenchmarkLines(b *testing.B) {
	supported(b)
	if runtime.NumCPU() < 2 {
		b.Skip("one CPU")
	}
	for _, distance := range []uintptr{8, 64, 128, 192, 256} {
		b.Run(fmt.Sprint(distance), func(b *testing.B) {
			memory := make([]byte, 1024)
			base := unsafe.Pointer(unsafe.SliceData(memory))
			base = unsafe.Add(base, -uintptr(base)&127)
			words := [2]*int64{(*int64)(base), (*int64)(unsafe.Add(base, distance))}
			k := boot(b, gpm.Config{CPUs: 2})
			var waiting atomic.Int64
			var done sync.WaitGroup
			done.Add(2)
			for i := range 2 {
				tasks(b, k, gpm.Attr{CPUs: []int{i}})(func() {
					word := words[i]
					for waiting.Add(1); waiting.Load() < 2; {
					}
					if i == 0 {
						b.ResetTimer()
					}
					for range b.N {
						atomic.AddInt64(word, 1)
					}
					done.Done()
				})
			}
			done.Wait()
			b.StopTimer()
			runtime.KeepAlive(memory)
		})
	}
}
