package bench

import (
	"runtime"
	"testing"
)

// BenchmarkGosched measures runtime.Gosched between two that do nothing else.
// An operation is one switch. Nobody else can run, so every call switches, and
// each half does the same number of calls.
func BenchmarkGosched(b *testing.B) { oneCPU(b, gosched) }

func gosched(b *testing.B, s start) {
	n := b.N/2 + 1
	done := make(chan struct{})
	s(func() {
		for range n {
			runtime.Gosched()
		}
		close(done)
	})
	b.ResetTimer()
	for range n {
		runtime.Gosched()
	}
	b.StopTimer()
	<-done
	perSwitch(b, 2*n)
}
