//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"sync"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
)

// What the host does to tests of shares: its scheduler has others run, and a
// virtual machine stands still for half a second. The task that has the virtual CPU
// then is charged for it, and a share may be off by as much.

// hostStalls counts the time-stamp counts for which tasks in compute had a virtual CPU
// and did not compute.
var hostStalls atomic.Int64

// compute computes until stop.
func compute(stop *atomic.Bool) { computeUntil(stop.Load) }

func computeUntil(done func() bool) {
	me := Current()
	limit := int64(me.k.ms / 20) // interrupts take less
	begin := int64(cpu.Cycles())
	last, had := begin, me.Cycles()
	for ended := false; !ended; {
		ended = done() // it looks once more: what the host took last
		call(1)
		n := me.Cycles()
		now := int64(cpu.Cycles())
		if me.Cycles() != n {
			continue // it has lost the CPU between the two
		}
		gap := now - last
		if n != had { // it has lost the CPU, and has it again
			gap = n - had - (last - begin)
			begin, had = now, n
		}
		if gap > limit {
			hostStalls.Add(gap)
		}
		last = now
	}
}

// hostWatch is a time from which on the host is watched.
type hostWatch struct{ at, stalls int64 }

func watchHost() hostWatch { return hostWatch{int64(cpu.Cycles()), hostStalls.Load()} }

// took returns for what part of the time since then the host has kept tasks in
// compute from it, of all CPUs together. They have ended.
func (h hostWatch) took() float64 {
	return float64(hostStalls.Load()-h.stalls) / float64(int64(cpu.Cycles())-h.at)
}

// ordinaryHogs has n ordinary goroutines compute until stop, which waits for their end.
func ordinaryHogs(n int) (stop func()) {
	var stopped atomic.Bool
	var running sync.WaitGroup
	for range n {
		running.Add(1)
		go func() {
			defer running.Done()
			for !stopped.Load() {
				call(1)
			}
		}()
	}
	return func() {
		stopped.Store(true)
		running.Wait()
	}
}
