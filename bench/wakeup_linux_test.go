package bench

import (
	"testing"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/measure"
)

// BenchmarkWakeup measures a wake-up from another thread. An operation is the
// time from before a channel send, by a goroutine on a thread of its own, to the
// first instruction after the receive, on the woken side; ns/op is the median.
//
// Between operations the waker spins for 200 µs, so that the woken side's thread
// sleeps, as it does after any longer pause. The waker spins also until the
// other side has run, on a CPU of the machine where no virtual CPU is, so that
// it neither hands its own P over nor competes. Both halves differ only in what
// receives: a goroutine with two Ps, or the one task of a virtual CPU.
func BenchmarkWakeup(b *testing.B) {
	supported(b)
	first, last := twoCPUs(b)
	b.Run("plain", func(b *testing.B) {
		procs(b, 2)
		wakeup(b, last, goroutine)
	})
	b.Run("kernel", func(b *testing.B) {
		k := boot(b, gpm.Config{CPUs: 1, Pin: []int{first}})
		wakeup(b, last, tasks(b, k, gpm.Attr{}))
	})
}

const pause = 200 * time.Microsecond

func wakeup(b *testing.B, cpu int, s start) {
	w := measure.NewWoken(b.N)
	s(w.Run)
	onThread(b, cpu, func() { wake(b, w) })
	latencies(b, w.Samples)
}

// wake wakes w b.N times and waits for its end.
func wake(b *testing.B, w *measure.Woken) {
	b.ResetTimer()
	w.Wake(pause, func(i int) bool { return i < b.N })
	b.StopTimer()
}
