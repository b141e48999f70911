//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/preempt"
)

// Preemption models, as package preempt describes them.
//
// Under Voluntary and None a task may still have to pass through the scheduler
// between two instructions: Go wants the P, a timer has expired, RCU waits. What has
// to be done there is done, and then the same task goes on: it is kept. It waits on the
// queue meanwhile, so that SetAttr finds it, and another CPU may take it from there.

// SetPreemption changes the preemption model of all CPUs. When it returns each has
// been told: a switch that the old model put off comes at once if the new one is
// Full. Errors: preempt.ErrModel, ErrShutdown. Context: any goroutine; it waits for a
// SelfTest to end. Linux: /sys/kernel/debug/sched/preempt.
func (k *Kernel) SetPreemption(m preempt.Model) error {
	if !m.Valid() {
		return fmt.Errorf("%w: %v", preempt.ErrModel, m)
	}
	k.modelMu.Lock()
	defer k.modelMu.Unlock()
	if k.modelEnded {
		return ErrShutdown
	}
	k.setModel(m)
	return nil
}

// Preemption returns the kernel's preemption model. Context: any.
func (k *Kernel) Preemption() preempt.Model { return preempt.GetModel() }

// setModel is SetPreemption; modelMu is held, or nobody else knows the kernel.
func (k *Kernel) setModel(m preempt.Model) {
	cpu.SetModel(uint32(m))
	for _, c := range k.cpus {
		onG0(modelOnG0, c)
	}
}

// endModel has Full in force, as it is without a kernel.
func (k *Kernel) endModel() {
	k.modelMu.Lock()
	defer k.modelMu.Unlock()
	k.modelEnded = true
	cpu.SetModel(cpu.ModelFull)
}

// full runs f under Full.
func (k *Kernel) full(f func()) {
	k.modelMu.Lock()
	defer k.modelMu.Unlock()
	if m := preempt.GetModel(); m != preempt.Full {
		k.setModel(preempt.Full)
		defer k.setModel(m)
	}
	f()
}

// lazily reports whether t, which is to have c's CPU, waits until its task leaves
// or the next tick. c's lock is held. Linux: resched_curr_lazy().
//
//go:norace
func (c *vcpu) lazily(t *Task) bool {
	return cpu.Model() == cpu.ModelLazy && t.level == rankFair && c.curPrio == rankFair
}

// preemptHere has the task of this CPU, c, leave as soon as the model allows.
// Context: g0.
//
//go:norace
func (c *vcpu) preemptHere() {
	cpu.FoldNeed(&c.Block)
	if !cpu.Cooperative() || c.Visit != 0 {
		goport.Poison(&c.Block)
	}
}

// keep notes that t, which leaves c though it has neither asked for that nor
// blocked, keeps the CPU, if the model says so, and reports that.
//
//go:norace
func (c *vcpu) keep(t *Task, reason uint32) bool {
	if t.prio == rankIRQ {
		return false // kept is who it has interrupted
	}
	c.kept = nil
	if reason != cpu.ReasonPreempt || t.Scheduled() || !cpu.Cooperative() {
		return false
	}
	c.kept = t
	return true
}

// takeKept returns the task that is to go on, nil if it has been moved, or the model
// preempts by now, or an interrupt's task comes before. What it has to know of those
// who wait is said by need-resched. c's lock is held.
//
//go:norace
func (c *vcpu) takeKept(ran uint64) *Task {
	if c.top() == rankIRQ {
		return nil
	}
	t := c.kept
	c.kept = nil
	if t.on != c.number || !cpu.Cooperative() {
		return nil
	}
	served := c.serveFair(ran)
	c.server.serving = c.server.serving && served == t
	if c.Expired != 0 || served != nil && served != t || served == nil && c.first() != t {
		c.Need = 1
	}
	return t
}

// goesOnWith sees to what must hold once t goes on and not begins: a turn that it was to lose is
// still to be lost; and no budget ends it, so only others' are to be renewed. c's lock
// is held. It returns when to look at the queue again.
//
//go:norace
func (c *vcpu) goesOnWith(t *Task) (when int64) {
	c.cut = c.keptCut
	if t.level == levelThrottled {
		c.curPrio, c.curAt = t.prio, t.dl.at // a Normal one has its group's quota used up
	}
	if c.level[levelThrottled].n != 0 {
		when = c.soonest
	}
	if c.server.start != 0 {
		when = sooner(when, clock()+c.server.next(c))
	}
	return when
}
