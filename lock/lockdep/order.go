package lockdep

// checkPrevious adds what the sequence of held locks, with h at its end, says
// about their order, as far as it makes no circle. It reports whether all of it
// is in the graph now. The graph's lock is held.
//
// From the inside to the outside, as far as a lock through which the others reach
// h already: there are edges to it from all those outside of it, and the path
// through it is strong: a recursive reader's edges would be R and then S.
//
//go:norace
func (e *engine) checkPrevious(c *call, r *record, h *held) (linked bool) {
	for i := r.depth - 1; i >= 0; i-- {
		e.checkSame(c, r, i, h)
	}
	linked = true
	for i := r.depth - 1; i >= 0 && r.held[i].context == h.context; i-- {
		prev := &r.held[i]
		if prev.class == 0 {
			continue
		}
		if h.nest != nil && h.nest == prev.nest {
			linked = false // they may be taken in any order
			continue
		}
		if prev.class == h.class || !e.checkDep(c, prev, h) {
			linked = false
		} else if prev.linked && prev.mode != SharedRecurse {
			break
		}
	}
	return linked
}

// checkSame looks whether entry i of r is a lock of h's class. The order of such
// locks is unknown, so two tasks may take them in different orders; or it is the
// same lock.
//
//go:norace
func (e *engine) checkSame(c *call, r *record, i int32, h *held) {
	prev := &r.held[i]
	if prev.class != h.class || h.mode == SharedRecurse && prev.mode != Exclusive {
		return
	}
	if h.nest != nil {
		if at := r.last(h.nest); at >= 0 && at < i {
			return // nobody else takes them now
		}
	}
	if p := e.newReport(c, recursive, uint64(h.class)<<8|uint64(prev.mode)<<4|uint64(h.mode)); p != nil {
		e.fillPair(p, c, prev, h)
	}
}

// checkDep looks whether there is a way back from h's class to prev's, and adds
// the dependency if there is none. It reports whether the graph has it now.
//
//go:norace
func (e *engine) checkDep(c *call, prev, h *held) bool {
	from, to, d := uint32(prev.class), uint32(h.class), depOf(prev.mode, h.mode)
	if e.hasDep(from, to, d) {
		return true
	}
	q := query{target: from, weakTarget: prev.mode == Exclusive}
	if n := e.find(&q, to, h.mode == SharedRecurse); n >= 0 {
		if p := e.newReport(c, circular, uint64(from)<<16|uint64(to)); p != nil {
			e.fillCircle(p, c, prev, h, n)
		}
		return false
	}
	return e.checkSafe(c, prev, to) && e.addEdge(c, prev, to, d)
}
