package bench

import (
	"sync"
	"testing"
)

// BenchmarkMutex measures the hand-over of a contended sync.Mutex. An operation
// is one hand-over: an Unlock that wakes a waiter, and the switch to it. Two
// mutexes, each locked by one side and unlocked by the other, force a hand-over
// every time; with a single one the side that unlocks would mostly lock it again
// before the waiter runs, and no switch would be measured.
func BenchmarkMutex(b *testing.B) { oneCPU(b, mutex) }

func mutex(b *testing.B, s start) {
	n := b.N/2 + 1
	var ping, pong sync.Mutex
	ping.Lock()
	pong.Lock()
	done := make(chan struct{})
	s(func() {
		for range n {
			ping.Lock()
			pong.Unlock()
		}
		close(done)
	})
	b.ResetTimer()
	for range n {
		ping.Unlock()
		pong.Lock()
	}
	b.StopTimer()
	<-done
	perSwitch(b, 2*n)
}
