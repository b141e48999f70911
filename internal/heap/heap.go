// Package heap has pairing heaps and lists of nodes that are part of what they
// stand for: code on g0 cannot allocate. Nothing in it is instrumented.
package heap

// Node is a place in a heap or in a list.
type Node struct {
	Key int64 // the least comes first; compared by difference, so it may wrap

	// Of a heap: the first child, the next sibling, and the sibling before or, of a
	// first child, the parent; nil: the root, or in no heap. In a list: the next, and
	// the one before.
	child, next, prev *Node
}

// Heap is a pairing heap: to add costs a comparison, to take the first, or any,
// the logarithm of how many there are, on average. The zero value is empty.
type Heap struct{ First *Node }

// Insert adds n and reports whether it is the first now. Of equals the second comes
// after the first as long as that is the first of all.
//
//go:norace
func (h *Heap) Insert(n *Node) bool {
	n.child, n.next, n.prev = nil, nil, nil
	h.First = link(h.First, n)
	return h.First == n
}

// Remove takes n, which is in h, out.
//
//go:norace
func (h *Heap) Remove(n *Node) {
	below := pairs(n.child)
	if n.prev == nil {
		h.First = below
	} else {
		if n.prev.child == n {
			n.prev.child = n.next
		} else {
			n.prev.next = n.next
		}
		if n.next != nil {
			n.next.prev = n.prev
		}
		h.First = link(h.First, below)
	}
	n.child, n.next, n.prev = nil, nil, nil
}

// pairs makes one heap of siblings: in pairs from the left, then all from the
// right. The amortised bound needs both. The pairs are linked backwards by next
// meanwhile.
//
//go:norace
func pairs(c *Node) *Node {
	if c == nil || c.next == nil {
		if c != nil {
			c.prev = nil
		}
		return c
	}
	var done *Node
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
	var root *Node
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
func link(a, b *Node) *Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case b.Key-a.Key < 0:
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
