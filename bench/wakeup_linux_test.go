package bench

import (
	"testing"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
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
	w := newWoken(b)
	s(w.run)
	onThread(b, cpu, func() { w.wake(b, pause) })
	latencies(b, w.samples)
}

// woken is one that is woken again and again, and notes how long that took.
type woken struct {
	ch      chan time.Time
	ran     atomic.Int64
	samples []time.Duration
	done    chan struct{}
}

func newWoken(b *testing.B) *woken {
	return &woken{ch: make(chan time.Time, 1), samples: make([]time.Duration, 0, b.N), done: make(chan struct{})}
}

func (w *woken) run() {
	for sent := range w.ch {
		w.samples = append(w.samples, time.Since(sent))
		w.ran.Inc()
	}
	close(w.done)
}

// wake wakes w b.N times, with pauses between, and waits for its end.
func (w *woken) wake(b *testing.B, pause time.Duration) {
	b.ResetTimer()
	for i := range int64(b.N) {
		for t := time.Now(); time.Since(t) < pause; {
		}
		w.ch <- time.Now()
		for w.ran.Load() <= i {
		}
	}
	b.StopTimer()
	close(w.ch)
	<-w.done
}
