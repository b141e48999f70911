package lockdep

// snapshot is a copy of the graph, or of who holds and waits for what, that the
// engine fills in as far as there is room.
type snapshot struct {
	classes []classInfo // by number
	usages  []usage
	edges   []edge
	nc, ne  int

	held []heldBy
	nh   int
}

// heldBy is one lock of one goroutine.
type heldBy struct {
	holding
	m       *Map
	blocked bool
}

// copyGraph returns the graph as it is now.
//
//go:norace
func copyGraph() *snapshot {
	s := ReadStats()
	c := call{op: opSnapshot, snap: &snapshot{
		classes: make([]classInfo, s.Classes+65), usages: make([]usage, s.Classes+65), edges: make([]edge, s.Edges+256),
	}}
	c.run()
	return c.snap
}

//go:norace
func (e *engine) snapshot(c *call) {
	s := c.snap
	e.graph.lock()
	for n := uint32(1); n < e.classes.n && int(n) < len(s.classes); n++ {
		e.setClass(&s.classes[n], n)
		s.usages[n] = e.classes.list[n].usage
		s.nc = int(n) + 1
	}
	for n := uint32(1); n < e.edges.n && s.ne < len(s.edges); n++ {
		if x := &e.edges.list[n]; int(x.from) < s.nc && int(x.to) < s.nc {
			s.edges[s.ne] = *x
			s.ne++
		}
	}
	e.graph.unlock()
}

// copyHeld returns who holds and waits for what. Goroutines go on meanwhile.
//
//go:norace
func copyHeld() []heldBy {
	for room := 64; ; room *= 2 {
		c := call{op: opWaits, snap: &snapshot{held: make([]heldBy, room)}}
		c.run()
		if c.snap.nh < room {
			return c.snap.held[:c.snap.nh]
		}
	}
}

//go:norace
func (e *engine) waits(c *call) {
	s := c.snap
	for i := range e.buckets {
		b := &e.buckets[i]
		b.lock()
		for r := b.head; r != nil; r = r.next {
			for j := int32(0); j < r.depth && s.nh < len(s.held); j++ {
				h, x := &r.held[j], &s.held[s.nh]
				s.nh++
				x.m, x.blocked = h.m, h.blocked
				x.mode, x.waiting, x.context = h.mode, h.waiting, h.context
				x.goid, x.cpu, x.task = r.goid, r.cpu, h.task
				x.where = h.at
				x.class.key, x.class.kind = h.m.key, h.kind
				if h.class != 0 {
					e.graph.lock()
					e.setClass(&x.class, uint32(h.class))
					e.graph.unlock()
				}
			}
		}
		b.unlock()
	}
}
