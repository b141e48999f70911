package busted

import (
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/percpu"
)

// nothing excludes nobody.
type nothing struct{}

func (nothing) Lock()   {}
func (nothing) Unlock() {}

// testThenSet looks and takes in two steps: two that look at once both take.
type testThenSet struct{ held atomic.Bool }

func (l *testThenSet) Lock() {
	for n := 0; l.held.Load(); n++ {
		if n > 100 {
			time.Sleep(time.Microsecond) // the holder may be of a lower priority
		}
	}
	l.held.Store(true)
}

func (l *testThenSet) Unlock() { l.held.Store(false) }

// lyingTry is a mutex whose TryLock at times says that it has what it has not.
type lyingTry struct {
	sync.Mutex
	tries atomic.Int64
	lies  atomic.Int64
}

func (l *lyingTry) TryLock() bool {
	if l.Mutex.TryLock() {
		return true
	}
	if l.tries.Inc()%8 != 0 {
		return false
	}
	l.lies.Inc()
	return true
}

func (l *lyingTry) Unlock() {
	for n := l.lies.Load(); n > 0; n = l.lies.Load() {
		if l.lies.CompareAndSwap(n, n-1) {
			return // somebody's who never had it
		}
	}
	l.Mutex.Unlock()
}

// preemptible is a lock for each CPU that forgets to disable preemption: what
// excludes others on this CPU is only that they do not run.
var preemptible = torture.Way{
	Name: "Lock", Mode: torture.Write,
	Enter: func(h *torture.Hold) bool {
		h.Place = max(percpu.RawCPU(), 0)
		return true
	},
	Leave: func(*torture.Hold) {},
}

// timidTry is a mutex whose TryLock at times fails although it is free.
type timidTry struct {
	sync.Mutex
	tries atomic.Int64
}

func (l *timidTry) TryLock() bool { return l.tries.Inc()%4 != 0 && l.Mutex.TryLock() }
