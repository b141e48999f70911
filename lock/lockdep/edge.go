package lockdep

// dep says in which ways one class was taken under another: one bit for each
// combination of how the first was held, E or S, and how the second was taken, R
// or N.
type dep uint8

const (
	depER dep = 1 << iota
	depEN
	depSR
	depSN
)

// depOf returns the bit for a lock taken as next under one held as prev.
//
//go:norace
func depOf(prev, next Mode) dep {
	d := depER
	if next != SharedRecurse {
		d = depEN
	}
	if prev != Exclusive {
		d <<= 2
	}
	return d
}

// edge says that locks of one class were taken while one of another was held.
type edge struct {
	from, to   uint16
	dep        dep
	nextAfter  uint32 // in the list of from
	nextBefore uint32 // in the list of to
	outer      trace  // the stack that had taken from
	inner      trace  // the stack that took to
}

type edges struct {
	n    uint32
	list [maxEdges]edge
}

// addEdge adds the dependency, or to one, and reports whether there was room.
// The graph's lock is held.
//
//go:norace
func (e *engine) addEdge(c *call, prev *held, next uint32, d dep) bool {
	from := &e.classes.list[prev.class]
	for n := from.after; n != 0; n = e.edges.list[n].nextAfter {
		if x := &e.edges.list[n]; uint32(x.to) == next {
			x.dep |= d
			return true
		}
	}
	if e.edges.n == maxEdges {
		e.overflow(c, fullEdges)
		return false
	}
	to := &e.classes.list[next]
	n := e.edges.n
	e.edges.n++
	e.edges.list[n] = edge{
		from: prev.class, to: uint16(next), dep: d, nextAfter: from.after, nextBefore: to.before,
		outer: prev.at, inner: c.at,
	}
	from.after, to.before = n, n
	return true
}

// hasDep reports whether the dependency is known already, in that way.
//
//go:norace
func (e *engine) hasDep(from, to uint32, d dep) bool {
	for n := e.classes.list[from].after; n != 0; n = e.edges.list[n].nextAfter {
		if x := &e.edges.list[n]; uint32(x.to) == to {
			return x.dep&d != 0
		}
	}
	return false
}
