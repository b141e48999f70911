package lockdep

// Deadlocks that are there: who waits for what, and who has it.

const (
	maxPath = 16 // goroutines in a circle
	maxTry  = 64 // holders looked at
)

// wait is one link of a path: goroutine g, which has to, or wants it, waits for m.
type wait struct {
	g      uintptr
	goid   uint64
	m      *Map // what it waits for
	has    *Map // what the one before it waits for, and this one holds
	parent int32
}

type waitPath [maxTry]wait

// contended is Contended: it notes that the caller is about to block, and looks
// whether it waits for itself.
//
//go:norace
func (e *engine) contended(c *call) {
	c.look()
	b := e.bucketOf(c.g)
	b.lock()
	r, _ := b.record(c)
	var h *held
	if r != nil {
		if i := r.last(c.m); i >= 0 && r.held[i].m == c.m && r.held[i].waiting && r.held[i].nest == nil {
			h = &r.held[i]
			h.blocked = true
		}
	}
	alone := r == nil || r.depth == 1
	b.unlock()
	if h == nil || alone {
		return // who holds nothing is waited for by nobody
	}
	e.waiting.lock()
	e.findCircle(c, &e.path)
	e.waiting.unlock()
}

// findCircle follows who waits for whom, from the caller.
//
//go:norace
func (e *engine) findCircle(c *call, p *waitPath) {
	p[0] = wait{g: c.g, goid: c.goid, m: c.m, parent: -1}
	for head, tail := int32(0), int32(1); head < tail; head++ {
		tail = e.holders(p, head, tail)
		for i := head + 1; i < tail; i++ {
			if p[i].g == c.g && p[i].goid == c.goid {
				e.confirm(c, p, i)
				return
			}
		}
	}
}

// holders appends to p those who hold what p[at] waits for. Each is appended once;
// one that does not wait itself leads nowhere and is left out.
//
//go:norace
func (e *engine) holders(p *waitPath, at, tail int32) int32 {
	m := p[at].m
	if g := m.owner; g != 0 {
		return e.holdersIn(e.bucketOf(g), p, at, tail)
	}
	for i := range e.buckets {
		if b := &e.buckets[i]; b.head != nil {
			tail = e.holdersIn(b, p, at, tail)
		}
	}
	return tail
}

//go:norace
func (e *engine) holdersIn(b *bucket, p *waitPath, at, tail int32) int32 {
	m := p[at].m
	b.lock()
	for r := b.head; r != nil && tail < maxTry; r = r.next {
		i := r.holds(m)
		w := r.waitsFor()
		if i < 0 || w < 0 {
			continue
		}
		known := false
		for j := int32(1); j < tail; j++ {
			known = known || p[j].g == r.g && p[j].goid == r.goid
		}
		if !known {
			p[tail] = wait{g: r.g, goid: r.goid, m: r.held[w].m, has: m, parent: at}
			tail++
		}
	}
	b.unlock()
	return tail
}

// holds returns the entry of r by which it has m, -1 if it has not.
//
//go:norace
func (r *record) holds(m *Map) int32 {
	for i := r.depth - 1; i >= 0; i-- {
		if h := &r.held[i]; h.m == m && !h.waiting {
			return i
		}
	}
	return -1
}

// waitsFor returns the entry of r that it is blocked for, -1 if there is none.
//
//go:norace
func (r *record) waitsFor() int32 {
	if i := r.depth - 1; i >= 0 && r.held[i].blocked {
		return i
	}
	return -1
}

// confirm looks again at the circle that ends with p[last], the caller. Its links
// were not seen at one moment. But the caller waits, so whoever waits for a
// lock of the caller's still does when looked at again, then whoever waits for a
// lock of that one: after as many looks as there are links all are certain.
//
//go:norace
func (e *engine) confirm(c *call, p *waitPath, last int32) {
	n := 0
	for i := last; p[i].parent >= 0; i = p[i].parent {
		n++
	}
	if n > maxPath {
		return
	}
	for range n {
		for i := last; p[i].parent >= 0; i = p[i].parent {
			if !e.stillWaits(&p[i]) {
				return
			}
		}
	}
	key := uint64(0)
	for i := last; p[i].parent >= 0; i = p[i].parent {
		key += mix(uint64(p[i].m.key))
	}
	e.graph.lock()
	r := e.newReport(c, deadlock, key>>16)
	e.graph.unlock()
	if r == nil {
		return
	}
	for i := last; p[i].parent >= 0; i = p[i].parent {
		e.fillWait(r, &p[i])
	}
}

// stillWaits reports whether w's goroutine still has its lock and waits for the
// other.
//
//go:norace
func (e *engine) stillWaits(w *wait) bool {
	b := e.bucketOf(w.g)
	b.lock()
	yes := false
	for r := b.head; r != nil; r = r.next {
		if r.g == w.g && r.goid == w.goid {
			i := r.waitsFor()
			yes = i >= 0 && r.held[i].m == w.m && r.holds(w.has) >= 0
		}
	}
	b.unlock()
	return yes
}

// fillWait adds to p what w's goroutine holds and waits for.
//
//go:norace
func (e *engine) fillWait(p *Report, w *wait) {
	b := e.bucketOf(w.g)
	b.lock()
	for r := b.head; r != nil; r = r.next {
		if r.g != w.g || r.goid != w.goid {
			continue
		}
		if i, j := r.holds(w.has), r.waitsFor(); i >= 0 && j >= 0 {
			e.addHolding(p, r.goid, r.cpu, &r.held[i])
			e.addHolding(p, r.goid, r.cpu, &r.held[j])
		}
	}
	b.unlock()
}
