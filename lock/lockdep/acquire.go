package lockdep

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// Bits of a context: the interrupt that is being served.
const (
	softIRQ = 1 << iota
	hardIRQ
)

// look fills in the context that c is called in. Nothing moves the caller here.
//
//go:norace
func (c *call) look() {
	c.cpu = -1
	b := cpu.This()
	if b == nil {
		return
	}
	c.cpu = b.ID
	c.count = b.Count &^ cpu.NoNeed
	if c.count&preempt.HardIRQMask != 0 {
		c.context |= hardIRQ
	}
	if c.count&preempt.SoftIRQOffset != 0 {
		c.context |= softIRQ
	}
	c.hardOff = b.IRQOff != 0 || b.HardOff != 0 || c.context&hardIRQ != 0
	c.softOff = c.count&preempt.SoftIRQMask != 0
}

// acquire is Acquire: it looks whether c may take the lock, and notes that it
// does. At most one problem is reported for one acquisition.
//
//go:norace
func (e *engine) acquire(c *call) {
	c.look()
	b := e.bucketOf(c.g)
	b.lock()
	class := e.classOf(c) // with b locked, so that no Reset comes in between
	r, stale := b.record(c)
	if stale != nil {
		e.abandoned(c, b, stale)
	}
	if r == nil {
		if r = e.pool.takeRecord(); r == nil {
			b.unlock()
			e.blindTo(c, fullRecords)
			return
		}
		r.g, r.goid = c.g, c.goid
		r.next = b.head
		b.head = r
	}
	b.acquired++
	r.cpu = c.cpu
	if c.nest != nil && e.merge(c, r, class) {
		b.unlock()
		return
	}
	if r.depth == maxHeld {
		b.unlock()
		e.blindTo(c, fullHeld)
		return
	}
	if r.depth > 0 {
		e.enabledSince(c, r)
		if r.held[r.depth-1].context != c.context {
			r.chain = 0 // an interrupt: what it found held is not its order
		}
	}
	h := &r.held[r.depth]
	*h = held{
		m: c.m, nest: c.nest, task: c.task, chain: r.chain, class: uint16(class), refs: 1, kind: c.kind, mode: c.mode,
		context: c.context, try: c.try, hardOff: c.hardOff, softOff: c.softOff, waiting: !c.try, at: c.at,
	}
	if class != 0 {
		e.validate(c, b, r, h)
		r.chain = h.chainKey(r.chain)
	}
	r.depth++
	if c.try {
		e.got(c.m, c.g, c.mode)
	}
	b.unlock()
}

// validate checks h, which c is about to add to r.
//
//go:norace
func (e *engine) validate(c *call, b *bucket, r *record, h *held) {
	allowed := e.waitContext(c, r)
	nested := c.nest == nil || r.last(c.nest) >= 0
	u := usageOf(c)
	used := e.classes.list[h.class].usage&u == u
	known := true
	h.linked = r.depth == 0
	next := h.chainKey(r.chain)
	if r.depth > 0 && !c.try {
		if known, h.linked = e.chains.has(next); known {
			b.hits++
		}
	}
	if allowed && used && known && nested {
		return
	}
	e.graph.lock()
	if !nested {
		e.reportNest(c, r)
	}
	if !allowed {
		e.reportWaitContext(c, r, h)
	}
	if !known {
		if known, h.linked = e.chains.has(next); !known {
			h.linked = e.checkPrevious(c, r, h)
			e.chains.add(next, h.linked)
		}
	}
	e.markUsage(c, h, u)
	e.graph.unlock()
}

// merge counts one more lock of a class under the same protecting lock, if the
// innermost is one. Linux: hlock->references.
//
//go:norace
func (e *engine) merge(c *call, r *record, class uint32) bool {
	if r.depth == 0 || class == 0 {
		return false
	}
	h := &r.held[r.depth-1]
	if uint32(h.class) != class || h.nest != c.nest || h.waiting || h.refs == 1<<16-1 {
		return false
	}
	h.refs++
	h.merged = true
	return true
}

// got notes that the goroutine has the lock.
//
//go:norace
func (e *engine) got(m *Map, g uintptr, mode Mode) {
	if mode == Exclusive {
		m.owner = g
		m.epoch = e.epoch // nobody else can have it
	}
}

// acquired is Acquired.
//
//go:norace
func (e *engine) acquired(c *call) {
	b := e.bucketOf(c.g)
	b.lock()
	if r, _ := b.record(c); r != nil {
		if i := r.last(c.m); i >= 0 {
			h := &r.held[i]
			h.waiting, h.blocked = false, false
			e.got(c.m, c.g, h.mode)
		}
	}
	b.unlock()
}

// downgrade is Downgrade.
//
//go:norace
func (e *engine) downgrade(c *call) {
	b := e.bucketOf(c.g)
	b.lock()
	if r, _ := b.record(c); r != nil {
		if i := r.last(c.m); i >= 0 {
			r.held[i].mode = Shared
			c.m.owner = 0
		}
	}
	b.unlock()
}

// isHeld is Held.
//
//go:norace
func (e *engine) isHeld(c *call) {
	b := e.bucketOf(c.g)
	b.lock()
	if r, _ := b.record(c); r != nil {
		if i := r.last(c.m); i >= 0 {
			c.yes, c.mode = true, r.held[i].mode
		}
	}
	b.unlock()
}
