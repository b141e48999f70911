package torture

import "github.com/gokern/gokern/internal/cpu"

// guard watches the inside of one lock, or of one place of it. Its words
// are plain memory that the race detector does not see: an atomic operation
// would order what the lock must order.
type guard struct {
	owner  uint32 // who is inside in Write mode, +1, if one at most may be
	_      [60]byte
	slots  []slot // one for each worker
	limit  int    // how many may be inside in Write mode
	most   int    // how many were seen inside together, in the same mode
	data   payload
	marked uint64 // the race detector's word: changed by writers
}

// slot says how one worker is inside; on a cache line of its own.
type slot struct {
	mode Mode
	seq  uint32 // changes whenever mode does
	_    [120]byte
}

func newGuard(workers, limit int) *guard {
	return &guard{slots: make([]slot, workers), limit: max(limit, 1)}
}

// enter notes that worker me is inside and returns what is wrong with that, "" if
// nothing is.
//
//go:norace
//go:noinline
func (g *guard) enter(me int, mode Mode) string {
	if was := g.slots[me].mode; was != None {
		return "the worker is inside already"
	}
	g.slots[me].seq++
	g.slots[me].mode = mode
	if g.exclusive(mode) {
		if g.owner != 0 {
			return "a writer came in, and another was inside"
		}
		g.owner = uint32(me) + 1
	}
	return g.look(me, mode)
}

// stay checks again, in the middle of a section.
//
//go:norace
//go:noinline
func (g *guard) stay(me int, mode Mode) string {
	if g.exclusive(mode) && g.owner != uint32(me)+1 {
		return "a writer is inside, and another came in"
	}
	if g.slots[me].mode != mode {
		return "a worker's own word changed"
	}
	return g.look(me, mode)
}

// leave checks once more and notes that the worker is not inside any more.
//
//go:norace
//go:noinline
func (g *guard) leave(me int, mode Mode) string {
	wrong := g.stay(me, mode)
	if g.exclusive(mode) {
		g.owner = 0
	}
	g.slots[me].mode = None
	g.slots[me].seq++
	return wrong
}

//go:norace
func (g *guard) exclusive(mode Mode) bool { return mode == Write && g.limit == 1 }

// look looks at everybody.
//
//go:norace
func (g *guard) look(me int, mode Mode) string {
	writers, readers, seq := g.count()
	switch {
	case mode == Write && readers > 0:
		return "a writer is inside with a reader"
	case mode == Read && writers > 0:
		return "a reader is inside with a writer"
	case writers > 1 && g.limit == 1:
		return "two writers are inside"
	case max(writers, readers) <= g.most:
		return ""
	}
	// Somebody may have left while we counted, and another have come: the
	// count is one of a moment only if it can be repeated.
	if _, _, again := g.count(); again != seq {
		return ""
	}
	if writers > g.limit {
		return "more are inside than may be"
	}
	g.most = max(writers, readers)
	return ""
}

// count counts who is inside, and how often that has changed. A slot's seq comes
// first: with the mode first one that is left in between would count, and show no
// change the next time.
//
//go:norace
func (g *guard) count() (writers, readers int, seq uint32) {
	for i := range g.slots {
		seq += cpu.Load32(&g.slots[i].seq) // the compiler may change the order of plain loads
		switch g.slots[i].mode {
		case Write:
			writers++
		case Read:
			readers++
		}
	}
	return writers, readers, seq
}

// mark has the race detector look: it reports writers, or a writer and a reader,
// that the lock did not order.
func (g *guard) mark(mode Mode) (n uint64) {
	if mode == Write {
		g.marked++
	}
	return g.marked
}
