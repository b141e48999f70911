package lockdep

import "github.com/gokern/gokern/internal/cpu"

// class is a node of the graph: all locks of one key and subclass. Linux:
// struct lock_class.
type class struct {
	key   uint32
	kind  Kind
	sub   uint8
	usage usage
	next  uint32 // in the same place of the index

	after, before uint32 // lists of edges, to and from it

	first trace            // the stack of the first acquisition
	where [usageBits]trace // the stack that brought each bit of usage

	visit [2]uint32 // the last search that was here, strong and weak
}

type classes struct {
	n     uint32
	list  [maxClasses]class
	index [4 << 10]uint32
}

//go:norace
func (l *classes) reset() {
	for i := range l.list[:l.n] {
		l.list[i] = class{}
	}
	for i := range l.index {
		l.index[i] = 0
	}
	l.n = 1
}

// classOf returns the number of the class that c takes a lock of, 0 if there is
// no room for it. The graph's lock is not held.
//
//go:norace
func (e *engine) classOf(c *call) uint32 {
	m := c.m
	if cached := cpu.Load32(&m.class); c.sub == 0 && cached != 0 && cached>>16 == cpu.Load32(&e.gen) {
		return cached & 0xffff
	}
	e.graph.lock()
	n := e.classLocked(c)
	if c.sub == 0 {
		cpu.Store32(&m.class, e.gen<<16|n)
	}
	e.graph.unlock()
	return n
}

// single gives m a key of its own, if it has none. The graph's lock is held.
//
//go:norace
func (e *engine) single(m *Map) {
	if m.key == 0 {
		e.singles++
		m.key = uint32(len(keys)) + e.singles
	}
}

//go:norace
func (e *engine) classLocked(c *call) uint32 {
	e.single(c.m)
	l := &e.classes
	slot := &l.index[mix(uint64(c.m.key)<<8|uint64(c.sub))%uint64(len(l.index))]
	for n := *slot; n != 0; n = l.list[n].next {
		if k := &l.list[n]; k.key == c.m.key && k.sub == c.sub {
			return n
		}
	}
	if l.n == maxClasses {
		e.overflow(c, fullClasses)
		return 0
	}
	n := l.n
	l.n++
	l.list[n] = class{key: c.m.key, kind: c.kind, sub: c.sub, next: *slot, first: c.at}
	*slot = n
	return n
}
