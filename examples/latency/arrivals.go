package main

import (
	"time"

	"github.com/gokern/gokern/gpm"
)

// schedule is an open loop's arrivals: request k is due at some moment of the
// k-th interval of 1/rate, whatever has become of those before it.
type schedule struct {
	start time.Time
	rate  int // a second
	total int // requests in all
	skip  int // the first ones, which warm up and are not measured
}

func newSchedule(o options, start time.Time) schedule {
	n := func(d time.Duration) int { return int(d.Seconds() * float64(o.rate)) }
	return schedule{start: start, rate: o.rate, skip: n(o.warmup), total: n(o.warmup) + max(1, n(o.duration))}
}

// due returns when request k should arrive: always the same for the same k, but
// anywhere in its interval, as arrivals in step with the timer ticks of the
// system or of a scheduler would meet it always in the same state.
func (s schedule) due(k int) time.Time {
	in := mix(uint64(k)) % uint64(time.Second)
	return s.start.Add(time.Duration((int64(k)*int64(time.Second) + int64(in)) / int64(s.rate)))
}

// begin returns when interval k begins.
func (s schedule) begin(k int) time.Time {
	return s.start.Add(time.Duration(int64(k) * int64(time.Second) / int64(s.rate)))
}

// mix is the finalizer of splitmix64: it turns counting into random numbers.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// measured returns how many requests are measured.
func (s schedule) measured() int { return s.total - s.skip }

// arrival is one request's turn.
type arrival struct {
	k         int
	due, sent time.Time
	woke      *gpm.WakeUp // how the clock was, if it is traced
}

// arrivals delivers every request of s when it is due, then closes the channel.
// The channel has room for all, so nobody who is late delays an arrival. The
// clock stands for the network: it waits in Go's poller for a timer of Linux's, as
// the request path waits there for a packet, and what it is late by counts. start
// is what it is started by: a world's high, for then it is part of that path.
func arrivals(start func(string, func()) error, s schedule, tr *tracer) (<-chan arrival, error) {
	clk, err := newClock()
	if err != nil {
		return nil, err
	}
	c := make(chan arrival, s.total)
	err = start("clock", func() {
		defer clk.close()
		for k := range s.total {
			due := s.due(k)
			woke := tr.watch(func() {
				if err := clk.sleepUntil(due); err != nil {
					panic(err) // a timer that could be made can be set and read
				}
			})
			c <- arrival{k, due, time.Now(), woke}
		}
		close(c)
	})
	return c, err
}
