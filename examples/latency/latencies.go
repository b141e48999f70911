package main

import (
	"slices"
	"sync"
	"time"
)

// latencies collects one time for each measured request of a schedule.
type latencies struct {
	skip int
	all  []time.Duration // by request; each is written by whoever served it

	mu     sync.Mutex
	failed int
	first  error // of the failures
}

// unanswered marks a request without an answer.
const unanswered time.Duration = -1

func newLatencies(s schedule) *latencies {
	l := &latencies{skip: s.skip, all: make([]time.Duration, s.measured())}
	for i := range l.all {
		l.all[i] = unanswered
	}
	return l
}

// record notes that request k was answered d after it was due, or failed. A
// failure counts even while warming up. Callers with different k may overlap.
func (l *latencies) record(k int, d time.Duration, err error) {
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.failed++
		if l.first == nil {
			l.first = err
		}
		return
	}
	if k >= l.skip {
		l.all[k-l.skip] = d
	}
}

// sorted returns the answered requests' latencies in order.
func (l *latencies) sorted() []time.Duration {
	s := slices.DeleteFunc(slices.Clone(l.all), func(d time.Duration) bool { return d == unanswered })
	slices.Sort(s)
	return s
}
