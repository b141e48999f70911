package heap

// List is a queue of nodes that are in no heap. The zero value is empty.
type List struct{ First, last *Node }

// Add puts n last.
//
//go:norace
func (l *List) Add(n *Node) {
	n.child, n.next, n.prev = nil, nil, l.last
	if l.last == nil {
		l.First = n
	} else {
		l.last.next = n
	}
	l.last = n
}

// Remove takes n, which is on l, out.
//
//go:norace
func (l *List) Remove(n *Node) {
	if n.prev == nil {
		l.First = n.next
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
