package main

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gokern/gokern/internal/measure"
)

// load is the CPU-bound work beside the requests.
type load struct {
	work    []counter // what each worker has done: bytes, or rounds
	stopped atomic.Bool
	running sync.WaitGroup
}

// counter is padded to a cache line, so that workers do not slow each other.
type counter struct {
	atomic.Int64
	_ [56]byte
}

func newLoad(workers int) *load { return &load{work: make([]counter, workers)} }

// mark is how much was done by when, and for how much CPU time of the process.
type mark struct {
	at   time.Time
	cpu  time.Duration
	done int64
}

func (l *load) mark() mark {
	m := mark{at: time.Now(), cpu: measure.CPUTime()}
	for i := range l.work {
		m.done += l.work[i].Load()
	}
	return m
}

// until returns what was done a second between m and end, and how many CPUs the
// process had of the machine.
func (m mark) until(end mark) (work, cpus float64) {
	s := end.at.Sub(m.at).Seconds()
	return float64(end.done-m.done) / s, (end.cpu - m.cpu).Seconds() / s
}

// during returns what the load does, and how many CPUs the process uses, while
// s is measured.
func (l *load) during(s schedule) (work, cpus float64) {
	time.Sleep(time.Until(s.begin(s.skip)))
	begin := l.mark()
	end := s.begin(s.total)
	// On a busy machine the sleep before may have ended after the end.
	time.Sleep(max(time.Until(end), end.Sub(s.begin(s.skip))/10))
	return begin.until(l.mark())
}

// stop ends the workers and waits for them.
func (l *load) stop() {
	l.stopped.Store(true)
	l.running.Wait()
}
