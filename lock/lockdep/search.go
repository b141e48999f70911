package lockdep

// search is a breadth-first search of the graph, along edges or against them. Its
// paths are strong: no R is followed by an S.
//
// So how a node was reached matters: forwards, it is weak if the edge that led
// there was only ever R (then only E goes on from it); backwards, if the edge that
// leaves it was only ever S (then only N leads to it). A node may be visited
// twice, weak and then strong.
type search struct {
	round uint32
	nodes [2 * maxClasses]node
	steps int64
}

type node struct {
	class  uint16
	weak   bool
	parent int32  // -1: the start
	edge   uint32 // from the parent, or to it
}

// query says what a search looks for: a class, or any that has usage bits.
type query struct {
	backward bool

	target     uint32 // a class, or
	weakTarget bool   // it counts also if it is reached weakly

	strong, weak usage // bits of a class reached in that way

	collect bool // do not stop at the first; add up what is found:
	sum     usage
}

// find returns the number of the node found, -1 if there is none. The graph's
// lock is held.
//
//go:norace
func (e *engine) find(q *query, start uint32, weak bool) int32 {
	s := &e.search
	s.round++
	s.nodes[0] = node{class: uint16(start), weak: weak, parent: -1}
	e.classes.list[start].visit[b2i(weak)] = s.round
	for head, tail := int32(0), int32(1); head < tail; head++ {
		n := &s.nodes[head]
		k := &e.classes.list[n.class]
		if q.target == 0 && k.kind == Local {
			continue // waits for nobody, so no interrupt's lock waits for it
		}
		if e.matches(q, n) {
			return head
		}
		next := k.after
		if q.backward {
			next = k.before
		}
		for next != 0 {
			x := &e.edges.list[next]
			at := next
			to, w, ok := step(q.backward, n.weak, x)
			next = x.nextAfter
			if q.backward {
				next = x.nextBefore
			}
			if !ok {
				continue
			}
			v := &e.classes.list[to].visit
			if v[0] == s.round || w && v[1] == s.round {
				continue
			}
			v[b2i(w)] = s.round
			s.nodes[tail] = node{class: to, weak: w, parent: head, edge: at}
			tail++
		}
		s.steps++
	}
	return -1
}

// step says where x leads, and whether that is reached weakly; not ok: x would
// make the path weak.
//
//go:norace
func step(backward, weak bool, x *edge) (to uint16, w, ok bool) {
	d := x.dep
	if backward {
		if weak {
			d &= depEN | depSN
		}
		return x.from, d&(depEN|depER) == 0, d != 0
	}
	if weak {
		d &= depER | depEN
	}
	return x.to, d&(depEN|depSN) == 0, d != 0
}

//go:norace
func (e *engine) matches(q *query, n *node) bool {
	if q.target != 0 {
		return uint32(n.class) == q.target && (q.weakTarget || !n.weak)
	}
	mask := q.strong
	if n.weak {
		mask = q.weak
	}
	got := e.classes.list[n.class].usage & mask
	if q.collect {
		q.sum |= got
		return false
	}
	return got != 0
}

//go:norace
func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
