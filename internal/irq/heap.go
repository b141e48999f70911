package irq

import (
	"math"

	"github.com/gokern/gokern/internal/goport"
)

// The heap is a pairing heap of nodes that are part of what they wake, tasks or
// timers: code on g0 cannot allocate.

// Node is one thing that is to happen at a time.
type Node struct {
	When  int64        // Nanotime
	Task  *goport.Task // sleeps, and is to be made ready
	Timer *Timer       // or a timer, of which this is the node

	// Of the heap: the first child, the next sibling, and the one before or, of
	// the first child, the parent. In a list: the next and the one before.
	child, next, prev *Node
}

// Heap holds nodes. The zero value is empty.
type Heap struct{ First *Node }

// Insert adds n and reports whether it is the first now.
//
//go:norace
func (h *Heap) Insert(n *Node) bool {
	n.child, n.next, n.prev = nil, nil, nil
	h.First = meld(h.First, n)
	return h.First == n
}

// Pop takes the first away. There is one.
//
//go:norace
func (h *Heap) Pop() *Node {
	n := h.First
	h.First = pairUp(n.child)
	n.child = nil
	return n
}

// Remove takes n, which is in the heap, away.
//
//go:norace
func (h *Heap) Remove(n *Node) {
	if n == h.First {
		h.Pop()
		return
	}
	if n.prev.child == n {
		n.prev.child = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	}
	rest := pairUp(n.child)
	n.child, n.next, n.prev = nil, nil, nil
	h.First = meld(h.First, rest)
}

// pairUp makes one heap of c and its siblings: in pairs from the left, then all
// from the right, for the amortised bound needs both. The pairs are linked
// backwards by next meanwhile.
//
//go:norace
func pairUp(c *Node) *Node {
	var pairs *Node
	for c != nil {
		a, b := c, c.next
		if b == nil {
			a.next, a.prev = pairs, nil
			pairs = a
			break
		}
		c = b.next
		a.next, b.next, a.prev, b.prev = nil, nil, nil, nil
		m := meld(a, b)
		m.next = pairs
		pairs = m
	}
	var root *Node
	for p := pairs; p != nil; {
		next := p.next
		p.next = nil
		root = meld(root, p)
		p = next
	}
	return root
}

// meld makes one heap of two: the later root becomes the first child of the
// earlier. Roots have no siblings.
//
//go:norace
func meld(a, b *Node) *Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case b.When < a.When:
		a, b = b, a
	}
	if b.next = a.child; b.next != nil {
		b.next.prev = b
	}
	b.prev = a
	a.child = b
	return a
}

// never is later than any time.
const never = math.MaxInt64

// list is a queue of nodes.
type list struct{ first, last *Node }

//go:norace
func (l *list) add(n *Node) {
	n.child, n.next, n.prev = nil, nil, l.last
	if l.last == nil {
		l.first = n
	} else {
		l.last.next = n
	}
	l.last = n
}

//go:norace
func (l *list) remove(n *Node) {
	if n.prev == nil {
		l.first = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.last = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.next, n.prev = nil, nil
}
