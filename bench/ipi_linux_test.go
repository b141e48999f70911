package bench

import (
	"testing"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/measure"
)

// BenchmarkIPI measures how soon one that is woken runs where the CPU is busy.
// An operation is the time from before a channel send, on one CPU, to the first
// instruction after the receive, on another CPU that has been computing; ns/op
// is the median.
//
// plain is two Ps, one with a goroutine that computes without end, the other
// with the waker: Go wakes nobody up and leaves the receiver in line until a
// goroutine's 10 ms are over. kernel is two virtual CPUs with the same two as
// Normal tasks, and the receiver a FIFO task of the busy CPU: the wake-up sends
// an inter-processor interrupt, which preempts the one that computes. The waker
// spins until the receiver has run in both halves.
func BenchmarkIPI(b *testing.B) {
	supported(b)
	first, last := twoCPUs(b)
	b.Run("plain", func(b *testing.B) {
		procs(b, 2)
		ipi(b, goroutine, goroutine, goroutine)
	})
	b.Run("kernel", func(b *testing.B) {
		k := boot(b, gpm.Config{CPUs: 2, Pin: []int{first, last}})
		waker := gpm.Attr{CPUs: []int{0}}
		busy := gpm.Attr{CPUs: []int{1}}
		woken := gpm.Attr{CPUs: []int{1}, Policy: gpm.FIFO, Priority: 50}
		ipi(b, tasks(b, k, waker), tasks(b, k, busy), tasks(b, k, woken))
	})
}

func ipi(b *testing.B, waker, busy, receiver start) {
	w := measure.NewWoken(b.N)
	var stop atomic.Bool
	stopped, done := make(chan struct{}), make(chan struct{})
	receiver(w.Run)
	busy(func() {
		for !stop.Load() {
		}
		close(stopped)
	})
	waker(func() {
		wake(b, w)
		close(done)
	})
	<-done
	stop.Store(true)
	<-stopped
	latencies(b, w.Samples)
}
