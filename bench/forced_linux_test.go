//go:build linux && amd64 && go1.25 && !go1.28

package bench

import (
	"slices"
	"testing"
	"time"

	"sync/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/cpu"
)

// BenchmarkForced measures one forced preemption: what is lost between the last
// instruction of the one that is interrupted and the first of the one that runs
// next. ns/op is the median, so neither the machine's other work nor the rate
// of the signals matters.
//
//	signal   a timer's signal with a handler that only counts, every 50 µs; the
//	         same goroutine goes on. It is what no preemption by signals can
//	         do without.
//	plain    Go's: two goroutines that compute, one P; 10 ms for each
//	kernel   two tasks that compute, one virtual CPU; a slice of 50 µs. Its
//	         beyond-ns/op is its ns/op less that of signal, measured in turn
//
// All compute in the same way: some 100 ns of plain Go, which can be preempted
// between any two instructions, then the time-stamp counter. Two stamps in a
// row that belong to different sides, or between which a signal was counted,
// are an event; its cost is their distance less that of two with no event
// between them.
func BenchmarkForced(b *testing.B) {
	supported(b)
	first, _ := machineCPUs(b)
	b.Run("signal", func(b *testing.B) { b.ReportMetric(bare(b, first), "ns/op") })
	b.Run("plain", func(b *testing.B) {
		procs(b, 1)
		b.ReportMetric(switched(b, goroutine), "ns/op")
	})
	b.Run("kernel", func(b *testing.B) {
		signal := bare(b, first)
		k := boot(b, gpm.Config{CPUs: 1, Pin: []int{first}, Slice: 50 * time.Microsecond})
		cost := switched(b, tasks(b, k, gpm.Attr{}))
		b.ReportMetric(cost, "ns/op")
		b.ReportMetric(cost-signal, "beyond-ns/op")
	})
}

// stamps are taken in turn by one or two sides that never run at once.
type stamps struct {
	last atomic.Uint64 // the last stamp; its lowest bit says whose it is
	stop atomic.Bool
}

// distances, in time-stamp counts, of stamps in a row, that one side has found.
type distances struct {
	events []uint64 // with an event between them
	quiet  []uint64 // without
	sink   uint64   // keeps the work from being left out
}

// newDistances returns room for events events; the side ends when it is full.
func newDistances(events int) *distances {
	return &distances{events: make([]uint64, 0, events), quiet: make([]uint64, 0, 1000)}
}

// compute works and takes stamps until some side has found enough. whose
// returns 0 or 1; an event has occurred when it is not what it was at the last
// stamp.
func (s *stamps) compute(d *distances, whose func() uint64) {
	x := uint64(1)
	for !s.stop.Load() {
		for range 64 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		now := cpu.Cycles()&^1 | whose()
		last := s.last.Load()
		s.last.Store(now)
		switch {
		case last == 0:
		case (last^now)&1 == 0:
			if len(d.quiet) < cap(d.quiet) {
				d.quiet = append(d.quiet, now-last)
			}
		default:
			d.events = append(d.events, now-last)
			if len(d.events) == cap(d.events) {
				s.stop.Store(true)
			}
		}
	}
	d.sink = x
}

// cost returns the median cost of an event in time-stamp counts.
func (d *distances) cost() float64 { return median(d.events) - median(d.quiet) }

func median(l []uint64) float64 {
	if len(l) == 0 {
		return 0
	}
	slices.Sort(l)
	return float64(l[len(l)/2])
}

// clock returns a function that returns the nanoseconds in one time-stamp count.
func clock() func() float64 {
	t, c := time.Now(), cpu.Cycles()
	return func() float64 { return float64(time.Since(t)) / float64(cpu.Cycles()-c) }
}

// bare returns the nanoseconds that a signal costs that is only counted.
func bare(b *testing.B, machineCPU int) (ns float64) {
	b.Helper()
	onThread(b, machineCPU, func() {
		var s stamps
		d := newDistances(b.N)
		scale := clock()
		err := withSignals(50*time.Microsecond, func() {
			s.compute(d, func() uint64 { return atomic.LoadUint64(&signals) & 1 })
		})
		if err != nil {
			b.Error(err)
		}
		ns = d.cost() * scale()
	})
	return ns
}

// switched returns the nanoseconds that it costs when one of two that compute,
// on one CPU, is preempted for the other.
func switched(b *testing.B, st start) float64 {
	var s stamps
	done := make(chan struct{}, 2)
	scale := clock()
	sides := [2]*distances{newDistances(b.N/2 + 1), newDistances(b.N/2 + 1)}
	for i, d := range sides {
		st(func() {
			s.compute(d, func() uint64 { return uint64(i) })
			done <- struct{}{}
		})
	}
	<-done
	<-done
	sides[0].events = append(sides[0].events, sides[1].events...)
	sides[0].quiet = append(sides[0].quiet, sides[1].quiet...)
	return sides[0].cost() * scale()
}
