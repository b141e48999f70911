package lockdep

// chains remembers the sequences of locks that have been looked at: a task
// that takes the same locks in the same order again costs one look here. A sequence is
// known by its hash of 64 bits; two with one hash are taken for one. Keys are
// even; with the lowest bit set the sequence is not wholly in the graph.
type chains struct {
	n    int
	list [maxChains]uint64 // a hash table with linear probing
}

// chainKey returns the key of a sequence with one more lock.
//
//go:norace
func (h *held) chainKey(chain uint64) uint64 {
	x := uint64(h.class)<<16 + uint64(h.context)<<8 + uint64(h.mode) + 1
	if h.nest != nil {
		x += 1 << 15
	}
	return mix(chain*0x9e3779b97f4a7c15+x) &^ 1
}

// has may be called without the graph's lock.
//
//go:norace
func (l *chains) has(chain uint64) (known, linked bool) {
	for i := chain >> 1 % maxChains; ; i = (i + 1) % maxChains {
		switch l.list[i] {
		case chain:
			return true, true
		case chain | 1:
			return true, false
		case 0:
			return false, false
		}
	}
}

// add remembers chain, unless there is too little room: then it is looked at
// each time. The graph's lock is held.
//
//go:norace
func (l *chains) add(chain uint64, linked bool) {
	if l.n >= maxChains*3/4 || chain == 0 {
		return
	}
	i := chain >> 1 % maxChains
	for l.list[i] != 0 {
		i = (i + 1) % maxChains
	}
	if !linked {
		chain |= 1
	}
	l.list[i] = chain
	l.n++
}

//go:norace
func (l *chains) reset() {
	if l.n == 0 {
		return
	}
	for i := range l.list {
		l.list[i] = 0
	}
	l.n = 0
}
