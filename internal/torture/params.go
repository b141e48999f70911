package torture

import (
	"math/rand/v2"
	"time"
)

// Params says how hard to torture. The zero value is filled in by the seed.
type Params struct {
	For      time.Duration // how long; 0 means 100 ms
	CPUs     int           // virtual ones; 0 means 2 to 6
	Slice    time.Duration // 0 means 100 µs
	Writers  int           // tasks; 0 means two for each CPU
	Readers  int           // tasks, if the lock has readers; 0 means two for each CPU
	Plain    int           // ordinary goroutines, if the lock is for them too; 0 means 3
	Nested   int           // further locks to hold around; 0 means 2, less than 0 none
	LongHold time.Duration // of one section in some thousands; 0 means 1 ms
	Patience time.Duration // how long a worker may wait for a lock; 0 means 30 s
	Quiet    bool          // no disturbance but the time slices
	ToFail   bool          // stop at the first failure
	overlap  bool          // go on until as many have been inside together as must be
}

func (p Params) complete(s Subject, r *rand.Rand) Params {
	if p.For == 0 {
		p.For = 100 * time.Millisecond
	}
	if p.CPUs == 0 {
		p.CPUs = []int{2, 3, 4, 4, 6}[r.IntN(5)]
	}
	if p.Slice == 0 {
		p.Slice = 100 * time.Microsecond
	}
	if p.Writers == 0 {
		p.Writers = 2 * p.CPUs
	}
	if p.Readers == 0 {
		p.Readers = 2 * p.CPUs
	}
	if p.Plain == 0 {
		p.Plain = 3
	}
	if !s.Plain {
		p.Plain = 0
	}
	if p.Nested == 0 {
		p.Nested = 2
	}
	if p.Nested < 0 || s.NoNest || s.Places > 0 || s.Limit > 1 {
		p.Nested = 0
	}
	p.Nested = min(p.Nested, maxNested-1)
	if p.LongHold == 0 {
		p.LongHold = time.Millisecond
	}
	if p.Patience == 0 {
		p.Patience = 30 * time.Second
	}
	return p
}
