package lockdep

// newReport returns a Report of that kind to fill in; nil if c has found another
// problem already, or this one, which key tells from others of its kind, has been
// reported, or there is no memory. The graph's lock is held.
//
//go:norace
func (e *engine) newReport(c *call, kind problem, key uint64) *Report {
	if c.found != nil || c.undo {
		return nil
	}
	key = mix(key<<8|uint64(kind)) | 1
	i := key % maxReports
	for n := 0; e.seen[i] != 0; n++ {
		if e.seen[i] == key {
			return nil
		}
		i = (i + 1) % maxReports
	}
	if e.nseen >= maxReports*3/4 {
		c.full |= fullReports &^ e.full
		e.full |= fullReports
		return nil
	}
	r := e.pool.takeReport()
	if r == nil {
		return nil
	}
	e.seen[i] = key
	e.nseen++
	e.reports++
	c.found = r
	r.kind, r.task, r.goid, r.cpu = kind, c.task, c.goid, c.cpu
	r.count, r.hardOff, r.context, r.op = c.count, c.hardOff, c.context, c.name
	r.where = c.at
	return r
}

//go:norace
func (e *engine) setClass(c *classInfo, n uint32) {
	k := &e.classes.list[n]
	c.key, c.kind, c.sub = k.key, k.kind, k.sub
	c.first = k.first
}

// addHolding adds lock h of a goroutine.
//
//go:norace
func (e *engine) addHolding(p *Report, goid uint64, cpu int32, h *held) {
	if p.nlocks == maxLocks {
		return
	}
	x := &p.locks[p.nlocks]
	p.nlocks++
	e.setClass(&x.class, uint32(h.class))
	x.mode, x.waiting, x.context = h.mode, h.waiting, h.context
	x.goid, x.cpu = goid, cpu
	x.task = h.task
	x.where = h.at
}

// fillHeld adds all that r, which may be nil, holds.
//
//go:norace
func (e *engine) fillHeld(p *Report, r *record) {
	if r == nil {
		return
	}
	for i := range r.depth {
		e.addHolding(p, r.goid, r.cpu, &r.held[i])
	}
}

// fillPair adds what is held and what is to be taken. prev may be nil.
//
//go:norace
func (e *engine) fillPair(p *Report, c *call, prev, h *held) {
	if prev != nil {
		e.addHolding(p, c.goid, c.cpu, prev)
	}
	e.addHolding(p, c.goid, c.cpu, h)
}

// fillLock adds m, which the caller does not hold.
//
//go:norace
func (e *engine) fillLock(p *Report, m *Map) {
	if m.class == 0 || m.class>>16 != e.gen {
		p.locks[0].class.key = m.key
	} else {
		e.setClass(&p.locks[0].class, m.class&0xffff)
	}
	p.nlocks = 1
	p.locks[0].goid = 0
}

// addLink adds an edge of the graph.
//
//go:norace
func (e *engine) addLink(p *Report, n uint32) {
	if p.nlinks == maxLinks {
		p.cut = true
		return
	}
	x := &e.edges.list[n]
	l := &p.links[p.nlinks]
	p.nlinks++
	e.setClass(&l.from, uint32(x.from))
	e.setClass(&l.to, uint32(x.to))
	l.dep = x.dep
	l.outer, l.inner = x.outer, x.inner
}

// addNew adds the dependency that is about to be made.
//
//go:norace
func (e *engine) addNew(p *Report, c *call, prev *held, next uint32) {
	if p.nlinks == maxLinks {
		p.cut = true
		return
	}
	l := &p.links[p.nlinks]
	p.nlinks++
	e.setClass(&l.from, uint32(prev.class))
	e.setClass(&l.to, next)
	l.dep = depOf(prev.mode, c.mode)
	l.outer, l.inner = prev.at, c.at
}

// addPath adds the path that the last search found, from its start to node n, or,
// if it went backward, from n to the start.
//
//go:norace
func (e *engine) addPath(p *Report, n int32, backward bool) {
	nodes := &e.search.nodes
	if backward {
		for ; nodes[n].parent >= 0; n = nodes[n].parent {
			e.addLink(p, nodes[n].edge)
		}
		return
	}
	steps := 0
	for i := n; nodes[i].parent >= 0; i = nodes[i].parent {
		steps++
	}
	for ; steps > 0; steps-- {
		i := n
		for range steps - 1 {
			i = nodes[i].parent
		}
		e.addLink(p, nodes[i].edge)
	}
}

// fillCircle adds the new dependency and the way back that the last search found.
//
//go:norace
func (e *engine) fillCircle(p *Report, c *call, prev, h *held, n int32) {
	e.addNew(p, c, prev, uint32(h.class))
	e.addPath(p, n, false)
}

// setUsed fills in a class that has one of those bits of usage.
//
//go:norace
func (e *engine) setUsed(u *usedClass, class uint32, mask usage, readBits usage) {
	k := &e.classes.list[class]
	e.setClass(&u.class, class)
	for bit := range usageBits {
		if b := usage(1) << bit; k.usage&mask&b != 0 {
			u.where = k.where[bit]
			u.read = b&readBits != 0
			return
		}
	}
}

const (
	readBits = usedR | enabledS | (usedR|enabledS)<<softShift
	usedBits = usedN | usedR
	onBits   = enabledE | enabledS
)

// fillInversion adds what the last search, from a class whose usage has a new bit,
// has found.
//
//go:norace
func (e *engine) fillInversion(p *Report, h *held, n int32, bit int, backward bool) {
	shift := bit / 4 * 4
	p.soft = shift != 0
	this, other := uint32(h.class), uint32(e.search.nodes[n].class)
	e.addPath(p, n, backward)
	own := usage(1) << bit
	if backward {
		e.setUsed(&p.safe, other, usedBits<<shift, readBits)
		e.setUsed(&p.unsafe, this, own, readBits)
	} else {
		e.setUsed(&p.safe, this, own, readBits)
		e.setUsed(&p.unsafe, other, onBits<<shift, readBits)
	}
}

// fillUnsafe adds the path from a class that is taken in an interrupt over the new
// dependency to one that is held while it may come.
//
//go:norace
func (e *engine) fillUnsafe(p *Report, c *call, prev *held, next uint32, shift int) {
	p.soft = shift != 0
	back := query{backward: true, strong: usedBits << shift, weak: usedN << shift}
	if n := e.find(&back, uint32(prev.class), prev.mode != Exclusive); n >= 0 {
		e.setUsed(&p.safe, uint32(e.search.nodes[n].class), usedBits<<shift, readBits)
		e.addPath(p, n, true)
	}
	e.addNew(p, c, prev, next)
	q := query{strong: onBits << shift, weak: enabledE << shift}
	if n := e.find(&q, next, c.mode == SharedRecurse); n >= 0 {
		e.setUsed(&p.unsafe, uint32(e.search.nodes[n].class), onBits<<shift, readBits)
		e.addPath(p, n, false)
	}
}
