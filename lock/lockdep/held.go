package lockdep

// held is one lock that a goroutine holds or waits for. Linux: struct held_lock.
type held struct {
	m     *Map
	nest  *Map    // the lock that protects it from others of its class
	task  taskRef // that took it
	chain uint64  // the sequence of locks held before it

	class   uint16
	refs    uint16 // how many of the class, taken under nest, this stands for
	kind    Kind
	mode    Mode
	context uint8 // the interrupt it was taken in
	try     bool
	linked  bool // the graph has paths to it from all outside of it, in its context
	merged  bool // it stands for others too, or did
	hardOff bool
	softOff bool
	waiting bool // it has not been got yet
	blocked bool // and the goroutine is about to block for it

	at trace
}

// record is what one goroutine holds, innermost last. A goroutine that holds
// nothing has none.
type record struct {
	g     uintptr
	goid  uint64
	cpu   int32 // where it last took a lock
	depth int32
	chain uint64 // the sequence of locks now held
	next  *record
	held  [maxHeld]held
}

const numBuckets = 512

// bucket holds the records of goroutines whose g has the same hash. Its lock
// protects them, too.
type bucket struct {
	spin
	acquired int64 // locks taken
	hits     int64 // sequences that were known
	head     *record
	_        [96]byte
}

//go:norace
func (e *engine) bucketOf(g uintptr) *bucket {
	return &e.buckets[mix(uint64(g))%numBuckets]
}

// record returns the goroutine's record, nil if there is none. A record with
// another number is that of an ended goroutine, which has left locks held: it is
// returned as stale. b is locked.
//
//go:norace
func (b *bucket) record(c *call) (r, stale *record) {
	for r = b.head; r != nil; r = r.next {
		if r.g == c.g {
			if r.goid == c.goid {
				return r, nil
			}
			return nil, r
		}
	}
	return nil, nil
}

// remove takes r, which holds nothing, out of b.
//
//go:norace
func (e *engine) removeRecord(b *bucket, r *record) {
	for at := &b.head; *at != nil; at = &(*at).next {
		if *at == r {
			*at = r.next
			e.pool.put(r)
			return
		}
	}
}

// last returns the place of the innermost entry for m, -1 if there is none: the
// lock itself, or one that stands for several of its class.
//
//go:norace
func (r *record) last(m *Map) int32 {
	for i := r.depth - 1; i >= 0; i-- {
		if r.held[i].m == m {
			return i
		}
	}
	for i := r.depth - 1; i >= 0; i-- {
		if h := &r.held[i]; h.merged && m.class != 0 && uint32(h.class) == m.class&0xffff {
			return i
		}
	}
	return -1
}

// drop takes entry i out; the sequence is then as if it had never been there.
//
//go:norace
func (r *record) drop(i int32) {
	chain := r.held[i].chain
	for ; i < r.depth-1; i++ {
		r.held[i] = r.held[i+1]
		h := &r.held[i]
		if i > 0 && r.held[i-1].context != h.context {
			chain = 0
		}
		h.chain = chain
		chain = h.chainKey(chain)
	}
	r.depth--
	h := &r.held[r.depth]
	h.m, h.nest, h.task = nil, nil, taskRef{}
	r.chain = chain
}

//go:norace
func (e *engine) lockAll() {
	for i := range e.buckets {
		e.buckets[i].lock()
	}
}

//go:norace
func (e *engine) unlockAll() {
	for i := range e.buckets {
		e.buckets[i].unlock()
	}
}

// dropRecords forgets who holds what. All buckets are locked.
//
//go:norace
func (e *engine) dropRecords() {
	for i := range e.buckets {
		b := &e.buckets[i]
		for b.head != nil {
			r := b.head
			for r.depth > 0 {
				r.drop(r.depth - 1)
			}
			b.head = r.next
			e.pool.put(r)
		}
	}
}
