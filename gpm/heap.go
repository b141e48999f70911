//go:build linux && amd64 && go1.25 && !go1.28

package gpm

// node is a place in a heap. It is part of what is in the heap: code on g0
// cannot allocate.
type node struct {
	key int64 // the least comes first; compared by difference, so it may wrap

	child, next *node // the first child, and the next sibling
	prev        *node // the sibling before, or of a first child the parent; nil: the root, or in no heap
}

// heap is a pairing heap: to add costs a comparison, to take the first, or any,
// the logarithm of how many there are, on average.
type heap struct{ root *node }

//go:norace
func (h *heap) insert(n *node) {
	n.child, n.next, n.prev = nil, nil, nil
	h.root = link(h.root, n)
}

// delete takes n out, which is in h.
//
//go:norace
func (h *heap) delete(n *node) {
	below := pairs(n.child)
	switch {
	case n.prev == nil:
		h.root = below
	default:
		if n.prev.child == n {
			n.prev.child = n.next
		} else {
			n.prev.next = n.next
		}
		if n.next != nil {
			n.next.prev = n.prev
		}
		h.root = link(h.root, below)
	}
	n.child, n.next, n.prev = nil, nil, nil
}

// pairs makes one heap of siblings: in pairs from the left, then all from the
// right. The amortised bound needs both. The pairs are linked backwards by next
// meanwhile.
//
//go:norace
func pairs(c *node) *node {
	if c == nil || c.next == nil {
		if c != nil {
			c.prev = nil
		}
		return c
	}
	var done *node
	for c != nil {
		a, b := c, c.next
		c = nil
		a.next, a.prev = nil, nil
		if b != nil {
			c = b.next
			b.next, b.prev = nil, nil
			a = link(a, b)
		}
		a.next = done
		done = a
	}
	var root *node
	for done != nil {
		next := done.next
		done.next = nil
		root = link(root, done)
		done = next
	}
	return root
}

// link makes one heap of two: the later root becomes the first child of the
// earlier, of equals the second of the first.
//
//go:norace
func link(a, b *node) *node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case b.key-a.key < 0:
		a, b = b, a
	}
	b.prev = a
	b.next = a.child
	if b.next != nil {
		b.next.prev = b
	}
	a.child = b
	return a
}
