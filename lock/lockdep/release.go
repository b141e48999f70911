package lockdep

// release is Release: it forgets one acquisition of c.m by the caller.
//
//go:norace
func (e *engine) release(c *call) {
	c.look()
	b := e.bucketOf(c.g)
	b.lock()
	r, stale := b.record(c)
	if stale != nil {
		e.abandoned(c, b, stale)
	}
	if r != nil {
		if i := r.last(c.m); i >= 0 {
			if e.enabledSince(c, r); c.again {
				b.unlock()
				return
			}
			h := &r.held[i]
			if h.mode == Exclusive && !h.waiting && c.m.owner == c.g {
				c.m.owner = 0
			}
			if h.refs--; h.refs == 0 {
				r.drop(i)
			}
			if r.depth == 0 {
				e.removeRecord(b, r)
			}
			b.unlock()
			return
		}
	}
	b.unlock()
	if c.undo || c.m.epoch != e.epoch {
		return // taken when nobody watched
	}
	if !c.located {
		c.again = true
		return
	}
	e.notHeld(c)
}

// notHeld reports a lock that the caller releases and does not hold. If another
// does, that one has lost it.
//
//go:norace
func (e *engine) notHeld(c *call) {
	for i := range e.buckets {
		b := &e.buckets[i]
		if b.head == nil {
			continue
		}
		b.lock()
		for r := b.head; r != nil; r = r.next {
			at := r.last(c.m)
			if at < 0 || r.held[at].waiting {
				continue
			}
			h := &r.held[at]
			e.graph.lock()
			if p := e.newReport(c, notOwner, uint64(h.class)<<32^c.hash>>16); p != nil {
				e.addHolding(p, r.goid, r.cpu, h)
			}
			e.graph.unlock()
			c.m.owner = 0
			if h.refs--; h.refs == 0 {
				r.drop(at)
			}
			if r.depth == 0 {
				e.removeRecord(b, r)
			}
			b.unlock()
			return
		}
		b.unlock()
	}
	e.graph.lock()
	if p := e.newReport(c, doubleUnlock, c.hash>>16); p != nil {
		e.fillLock(p, c.m)
	}
	e.graph.unlock()
}

// enabledSince marks what r holds as held with interrupts enabled, if they were
// masked when it was taken and are not any more.
//
//go:norace
func (e *engine) enabledSince(c *call, r *record) {
	if c.hardOff {
		return
	}
	for i := r.depth - 1; i >= 0; i-- {
		h := &r.held[i]
		if h.context != c.context || !h.hardOff && (!h.softOff || c.softOff) {
			continue
		}
		if !c.located {
			c.again = true
			return
		}
		h.hardOff = false
		h.softOff = h.softOff && c.softOff
		if u := enabledOf(h.mode, false, h.softOff); h.class != 0 && e.classes.list[h.class].usage&u != u {
			e.graph.lock()
			e.markUsage(c, h, u)
			e.graph.unlock()
		}
	}
}

// irqsOn notes that the caller has just enabled interrupts.
//
//go:norace
func (e *engine) irqsOn(c *call) {
	c.look()
	b := e.bucketOf(c.g)
	b.lock()
	if r, _ := b.record(c); r != nil {
		e.enabledSince(c, r)
	}
	b.unlock()
}
