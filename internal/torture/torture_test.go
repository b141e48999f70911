package torture_test

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/internal/torture/busted"
)

func TestMain(m *testing.M) { leak.Main(m) }

// Locks that are known to be good pass.
func TestTorture(t *testing.T) {
	torture.Test(t, 0.3,
		torture.Subject{Name: "sync.Mutex", Plain: true, New: func() []torture.Way { return torture.Ways(&sync.Mutex{}) }},
		torture.Subject{Name: "sync.RWMutex", Plain: true, Overlap: true, New: func() []torture.Way { return torture.Ways(&sync.RWMutex{}) }},
		torture.Subject{Name: "channel", Plain: true, Limit: 3, Overlap: true, New: func() []torture.Way { return torture.Ways(make(channel, 3)) }},
		torture.Subject{Name: "sequence", Plain: true, New: func() []torture.Way { return new(sequence).ways() }},
	)
}

// channel is a semaphore.
type channel chan struct{}

func (c channel) Lock()   { c <- struct{}{} }
func (c channel) Unlock() { <-c }
func (c channel) TryLock() bool {
	select {
	case c <- struct{}{}:
		return true
	default:
		return false
	}
}

// sequence is a sequence lock over a mutex.
type sequence struct {
	sync.Mutex
	seq atomic.Uint64
}

func (l *sequence) ways() []torture.Way {
	return []torture.Way{
		torture.Exclusive("Lock", func() { l.Lock(); l.seq.Inc() }, func() { l.seq.Inc(); l.Unlock() }),
		{
			Name: "Begin", Mode: torture.Peek,
			Enter: func(h *torture.Hold) bool { h.Count = l.seq.Load(); return h.Count%2 == 0 },
			Retry: func(h *torture.Hold) bool { return h.Count != l.seq.Load() },
		},
	}
}

// Broken ones do not.
func TestTortureBusted(t *testing.T) {
	const cpus = 4
	torture.MustCatch(t, torture.Params{CPUs: cpus, For: time.Minute, ToFail: true}, busted.Broken(cpus)...)
	torture.MustCatch(t, torture.Params{CPUs: cpus}, busted.Sluggish()...)
	torture.MustCatch(t, torture.Params{CPUs: cpus, For: time.Minute, Patience: 300 * time.Millisecond}, busted.Stuck()...)
}
