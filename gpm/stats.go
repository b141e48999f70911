//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"time"

	"github.com/gokern/gokern/internal/cpu"
)

// Stats returns a snapshot. Context: any goroutine.
func (k *Kernel) Stats() Stats {
	s := Stats{Preemption: k.Preemption(), Tasks: int(k.liveTasks()), RT: int(cpu.Load32(&k.queuedRT)), Total: CPUStats{ID: -1, Pin: -1}}
	for _, c := range k.cpus {
		one := c.stats()
		s.CPUs = append(s.CPUs, one)
		s.Total.add(one)
	}
	return s
}

//go:norace
func (k *Kernel) liveTasks() int64 { return k.live }

// busy returns how long the CPU has run tasks.
//
//go:norace
func (c *vcpu) busy() time.Duration {
	n := c.busyCycles
	if since := c.busySince; since != 0 {
		n += int64(cpu.Cycles() - since)
	}
	return c.k.duration(n)
}

//go:norace
func (c *vcpu) stats() CPUStats {
	i, n := int(c.ID), &c.k.counts
	s := CPUStats{
		ID: int(c.ID), Pin: c.pin, Online: c.down == cpuOnline, Thread: int(c.tid), Runnable: int(c.nr),
		Busy:     c.busy(),
		Switches: uint64(c.switches), Migrations: n.migrations.Of(i), Pulls: n.pulls.Of(i), Pushes: uint64(c.pushes),
		Sleeps: n.sleeps.Of(i), Handovers: n.handovers.Of(i), Departures: n.departures.Of(i), Throttles: uint64(c.exceeded),
		Polls: n.polls.Of(i), Fetches: n.fetches.Of(i),
		Interrupts: c.IRQs, Ticks: c.Ticks, Timers: c.HRIRQs, IPIs: c.IPIs, Masked: c.Masked, Wants: c.Wants, Misses: c.Misses,
		Async: c.Async, Sync: c.Sync, Yields: c.Yields, Parks: c.Parks, Stops: c.Stops,
		Deferred: c.Deferred, AtomicParks: c.AtomicParks, Declined: c.Declined,
	}
	if t := c.cur; t != nil {
		s.Task = t.id
	}
	return s
}

func (s *CPUStats) add(o CPUStats) {
	s.Runnable += o.Runnable
	s.Busy += o.Busy
	s.Switches += o.Switches
	s.Migrations += o.Migrations
	s.Pulls += o.Pulls
	s.Pushes += o.Pushes
	s.Sleeps += o.Sleeps
	s.Handovers += o.Handovers
	s.Departures += o.Departures
	s.Throttles += o.Throttles
	s.Polls += o.Polls
	s.Fetches += o.Fetches
	s.Interrupts += o.Interrupts
	s.Ticks += o.Ticks
	s.Timers += o.Timers
	s.IPIs += o.IPIs
	s.Masked += o.Masked
	s.Wants += o.Wants
	s.Misses += o.Misses
	s.Async += o.Async
	s.Sync += o.Sync
	s.Yields += o.Yields
	s.Parks += o.Parks
	s.Stops += o.Stops
	s.Deferred += o.Deferred
	s.AtomicParks += o.AtomicParks
	s.Declined += o.Declined
}
