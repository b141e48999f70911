package lockdep

// Wait types, as Linux's enum lockdep_wait_type: what whoever holds a lock, or
// serves an interrupt, may wait for is at most of its inner type.
const (
	waitFree   = 1 + iota // does not wait
	waitSpin              // spins, everywhere
	waitConfig            // spins, or sleeps where interrupts are threads
	waitSleep             // sleeps
	waitMax               // an ordinary task
)

// outer is the type of a wait for a lock of that kind.
//
//go:norace
func outer(k Kind) uint8 {
	switch k {
	case Raw:
		return waitSpin
	case Spin, Local:
		return waitConfig
	case Sleep:
		return waitSleep
	}
	return waitFree
}

// inner is the type of what may be waited for under such a lock.
//
//go:norace
func inner(k Kind) uint8 {
	switch k {
	case RCU:
		return waitConfig
	case RCUSched:
		return waitSpin
	case SRCU:
		return waitSleep
	}
	return outer(k)
}

// threaded says whether interrupt handlers count as threads. See SetThreadedIRQs.
var threaded uint32

// waitContext reports whether c may wait for its lock inside what r holds, in
// the same context. Linux: check_wait_context().
//
//go:norace
func (e *engine) waitContext(c *call, r *record) bool {
	if c.try {
		return true
	}
	limit := uint8(waitMax)
	switch {
	case c.context&hardIRQ != 0 && threaded == 0:
		limit = waitSpin
	case c.context != 0:
		limit = waitConfig
	}
	for i := r.depth - 1; i >= 0 && r.held[i].context == c.context; i-- {
		if h := &r.held[i]; !h.waiting {
			limit = min(limit, inner(h.kind))
		}
	}
	return outer(c.kind) <= limit
}

//go:norace
func (e *engine) reportWaitContext(c *call, r *record, h *held) {
	var worst *held
	for i := r.depth - 1; i >= 0 && r.held[i].context == c.context; i-- {
		if x := &r.held[i]; worst == nil || inner(x.kind) < inner(worst.kind) {
			worst = x
		}
	}
	key := uint64(h.class)<<32 | uint64(c.context)
	if worst != nil {
		key |= uint64(worst.class) << 8
	}
	if p := e.newReport(c, waitProblem, key); p != nil {
		e.fillPair(p, c, worst, h)
	}
}

//go:norace
func (e *engine) reportNest(c *call, r *record) {
	if p := e.newReport(c, nestProblem, c.hash>>16); p != nil {
		e.fillLock(p, c.m)
	}
}
