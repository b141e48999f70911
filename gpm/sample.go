//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"time"

	"github.com/gokern/gokern/internal/cpu"
)

// sample is what a CPU does at one moment.
type sample struct {
	task     *Task
	switches int64
	count    uint32 // preempt_count
	irqOff   bool
	hard     bool  // of that kind that the thread cannot be asked
	stalled  bool  // the task is blocked
	running  int32 // priority
	sliced   bool
	waiting  *Task // the first in the queue
	id       int64 // of that one
	turns    int64 // how often it has run
}

//go:norace
func (c *vcpu) sample() sample {
	s := sample{
		task: c.cur, switches: c.switches, count: c.Count &^ cpu.NoNeed, irqOff: c.IRQOff != 0 || c.HardOff != 0,
		hard: c.HardOff != 0, stalled: c.Stalled != 0, running: c.curPrio, sliced: c.Sliced != 0,
	}
	if t := c.oldest(); t != nil {
		s.waiting, s.id, s.turns = t, t.id, t.switches
	}
	return s
}

// atomic reports whether the CPU is in an atomic section.
func (s sample) atomic() bool { return s.irqOff || s.count&^cpu.Active != 0 }

// holds reports whether the task should have given way to the one that waits.
//
//go:norace
func (s sample) holds() bool {
	if s.waiting == nil {
		return false
	}
	p := s.waiting.prio
	return p > s.running || p == s.running && s.sliced
}

// waitsSince reports whether t is in a queue, and the task that it was, id, and has run
// that often: the memory of one that has ended is soon another's.
//
//go:norace
func (t *Task) waitsSince(id, turns int64) bool {
	return t.on != 0 && t.id == id && t.switches == turns
}

// turnAfter returns how long t, which waits for c, may have to wait for its turn
// because others have more weight: three times what EEVDF promises.
//
//go:norace
func (c *vcpu) turnAfter(t *Task) time.Duration {
	a := t.attrs
	if t.prio != 0 {
		return 0
	}
	return time.Duration(3 * float64(a.slice) / c.k.perNs * float64(c.weight()) / float64(a.weight))
}
