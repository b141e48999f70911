package measure

import (
	"time"

	"go.uber.org/atomic"
)

// Woken is one that is woken again and again by a channel, and notes how long
// that takes: from before the send to the first instruction after the receive.
type Woken struct {
	Samples []time.Duration // when Wake has returned

	ch   chan time.Time
	ran  atomic.Int64
	done chan struct{}
}

// NewWoken returns a Woken with room for n samples.
func NewWoken(n int) *Woken {
	return &Woken{ch: make(chan time.Time, 1), Samples: make([]time.Duration, 0, n), done: make(chan struct{})}
}

// Run is the one that is woken; it ends when Wake does.
func (w *Woken) Run() {
	for sent := range w.ch {
		w.Samples = append(w.Samples, time.Since(sent))
		w.ran.Inc()
	}
	close(w.done)
}

// Wake wakes w as long as more, given how often it has, says so, and waits for
// its end. It spins for pause before each time, and afterwards until w has run,
// so a caller that is alone on its CPU never gives that away.
func (w *Woken) Wake(pause time.Duration, more func(int) bool) {
	for i := 0; more(i); i++ {
		for t := time.Now(); time.Since(t) < pause; {
		}
		w.ch <- time.Now()
		for w.ran.Load() <= int64(i) {
		}
	}
	close(w.ch)
	<-w.done
}
