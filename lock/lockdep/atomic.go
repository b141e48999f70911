package lockdep

import (
	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/cpu"
)

// MightSleep checks that the caller may block here: no preemption or interrupts
// off, no read-side section of RCU, no spinning lock held. what is the name of
// the operation. It does nothing while the validator is off. Context: any. Linux:
// __might_sleep().
func MightSleep(what string) {
	if On() {
		c := call{op: opMightSleep, name: what}
		c.runLazily()
		c.deliver(nil)
	}
}

// NoneHeld checks that the caller holds no lock, where it returns to code that
// knows of none; what says where. It does nothing while the validator is off.
// Context: any. Linux: lockdep_sys_exit().
func NoneHeld(what string) {
	if On() {
		c := call{op: opNoneHeld, name: what}
		c.locate()
		c.run()
		c.deliver(nil)
	}
}

// SetThreadedIRQs says whether handlers of hard interrupts count as threads, so
// that they may take a lock of kind Spin. By default they do not. Context: any.
// Linux: the boot option threadirqs, lockdep_hardirq_threaded().
func SetThreadedIRQs(yes bool) { cpu.Store32(&threaded, uint32(b2i(yes))) }

//go:norace
func (e *engine) mightSleep(c *call) {
	c.look()
	bad := c.count != 0 || c.hardOff
	b := e.bucketOf(c.g)
	b.lock()
	r, _ := b.record(c)
	if r != nil && !bad {
		for i := range r.depth {
			bad = bad || inner(r.held[i].kind) < waitSleep && !r.held[i].waiting
		}
	}
	if bad && !c.located {
		c.again = true
	} else if bad {
		e.graph.lock()
		if p := e.newReport(c, sleepInAtomic, c.hash>>16); p != nil {
			e.fillHeld(p, r)
		}
		e.graph.unlock()
	}
	b.unlock()
}

//go:norace
func (e *engine) noneHeld(c *call) {
	c.look()
	b := e.bucketOf(c.g)
	b.lock()
	if r, _ := b.record(c); r != nil {
		e.graph.lock()
		if p := e.newReport(c, heldAtReturn, c.hash>>16); p != nil {
			e.fillHeld(p, r)
		}
		e.graph.unlock()
	}
	b.unlock()
}

// destroy is Destroy, and the first part of Init.
//
//go:norace
func (e *engine) destroy(c *call) {
	if c.m.class == 0 {
		return // never taken
	}
	c.look()
	kind := freeHeld
	if c.name != "" {
		kind = initHeld
	}
	for i := range e.buckets {
		b := &e.buckets[i]
		if b.head == nil {
			continue
		}
		b.lock()
		for r := b.head; r != nil; r = r.next {
			if at := r.last(c.m); at >= 0 && r.held[at].m == c.m {
				e.graph.lock()
				if p := e.newReport(c, kind, uint64(r.held[at].class)<<16^c.hash>>16); p != nil {
					e.addHolding(p, r.goid, r.cpu, &r.held[at])
				}
				e.graph.unlock()
			}
		}
		b.unlock()
	}
}

// taskExit is called at the end of each task's function.
func taskExit(t *gpm.Task) {
	if On() {
		c := call{op: opExit}
		c.locate()
		c.yes = c.task.id != 0 // the goroutine ends with the task
		c.task = refTo(t)
		c.run()
		c.deliver(nil)
	}
}

// exit reports locks that the task has taken and not released.
//
//go:norace
func (e *engine) exit(c *call) {
	c.look()
	b := e.bucketOf(c.g)
	b.lock()
	r, _ := b.record(c)
	if r == nil {
		b.unlock()
		return
	}
	left := false
	var key uint64
	for i := range r.depth {
		if h := &r.held[i]; h.task.id == c.task.id {
			left = true
			key = mix(key ^ uint64(h.class))
		}
	}
	if left {
		e.graph.lock()
		if p := e.newReport(c, heldAtExit, key>>16); p != nil {
			e.fillHeld(p, r)
		}
		e.graph.unlock()
	}
	if c.yes {
		e.dropRecord(b, r)
	}
	b.unlock()
}

// abandoned reports the locks of a goroutine that has ended: its g is another's now.
//
//go:norace
func (e *engine) abandoned(c *call, b *bucket, r *record) {
	var key uint64
	for i := range r.depth {
		key = mix(key ^ uint64(r.held[i].class))
	}
	e.graph.lock()
	if p := e.newReport(c, heldAtExit, key>>16); p != nil {
		p.goid, p.task, p.cpu = r.goid, taskRef{}, r.cpu
		p.where = 0
		e.fillHeld(p, r)
	}
	e.graph.unlock()
	e.dropRecord(b, r)
}

//go:norace
func (e *engine) dropRecord(b *bucket, r *record) {
	for r.depth > 0 {
		if h := &r.held[r.depth-1]; h.m.owner == r.g {
			h.m.owner = 0
		}
		r.drop(r.depth - 1)
	}
	e.removeRecord(b, r)
}
