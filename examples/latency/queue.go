package main

import (
	"sync/atomic"
	"time"
)

const (
	hogs      = 4
	hogRound  = 100_000 // loop iterations counted as one round
	queueWork = 20_000  // loop iterations that serve one request
)

// measureQueue is the pure case: one task serves a channel of requests beside
// loops that never yield. There is no network, and nothing is allocated.
func measureQueue(o options, w *world, p *progress) (result, error) {
	l := newLoad(hogs)
	if o.alone {
		l = newLoad(0)
	}
	for i := range l.work {
		l.running.Add(1)
		err := w.normal("hog", func() {
			defer l.running.Done()
			sum := 0
			for !l.stopped.Load() {
				sum += spin(hogRound)
				l.work[i].Add(1)
			}
			spun.Add(int64(sum))
		})
		if err != nil {
			return result{}, err
		}
	}
	s := newSchedule(o, time.Now().Add(10*time.Millisecond))
	due, err := arrivals(w.clock(o), s, nil)
	if err != nil {
		return result{}, err
	}
	served := make(chan *latencies, 1)
	err = w.high("server", func() {
		lat, sum := newLatencies(s), 0
		for a := range due {
			sum += spin(queueWork)
			lat.record(a.k, time.Since(a.due), nil)
			p.add()
		}
		spun.Add(int64(sum))
		served <- lat
	})
	if err != nil {
		return result{}, err
	}
	work, cpus := l.during(s)
	lat := <-served
	l.stop()
	return newResult(w.name, lat, work, "loop rounds/s", cpus), nil
}

// spun uses what spin returns, so that no compiler leaves the loops out.
var spun atomic.Int64

// spin adds up to n. It has no call, so nothing but a signal can stop it.
//
//go:noinline
func spin(n int) (x int) {
	for i := range n {
		x += i
	}
	return x
}
