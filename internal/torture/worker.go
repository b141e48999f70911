package torture

import (
	"math/bits"
	"math/rand/v2"
	"time"

	"go.uber.org/atomic"
)

const maxNested = 8

// lock is one lock under torture, with what watches its inside.
type lock struct {
	ways   []Way
	guards []*guard // one, or one for each place
}

func (l *lock) guard(place int) *guard {
	if len(l.guards) == 1 {
		return l.guards[0]
	}
	return l.guards[place]
}

// worker is one task or goroutine that uses the locks.
type worker struct {
	run    *run
	id     int
	r      *rand.Rand
	picks  []int // the ways to use, by index
	outer  []int // those to take nested locks by
	holds  [maxNested]Hold
	copy   payload
	urgent atomic.Bool // it has a real-time priority now, and must let others live

	// Read by the monitor too.
	rounds  atomic.Int64 // turns begun and ended: odd within one
	entered [Peek + 1]int64
	missed  int64 // tries and waits that failed, as they may
	retries int64 // peeks that had to be repeated
	torn    int64 // of those, with data that was inconsistent
	fails   int64
	first   string // the first failure
	by      string // the way in which it was noticed
}

// loop works until the run stops.
func (w *worker) loop() {
	for !w.run.stop.Load() {
		w.run.gate.wait()
		w.rounds.Inc()
		w.turn()
		w.rounds.Inc()
		if w.urgent.Load() {
			time.Sleep(50 * time.Microsecond)
		} else {
			between(w.r)
		}
	}
}

// turn takes one lock, at times inside others.
func (w *worker) turn() {
	locks := w.run.locks
	pick := w.picks[w.r.IntN(len(w.picks))]
	main := len(locks) - 1
	outer := uint32(0)
	if main > 0 && w.r.IntN(4) == 0 && !locks[main].ways[pick].Outermost {
		outer = w.r.Uint32() & (1<<main - 1)
	}
	w.nest(outer, pick)
}

// nest takes the lowest of the outer locks and inside it the rest: the locks'
// order is that of their numbers.
func (w *worker) nest(outer uint32, pick int) {
	if outer == 0 {
		w.use(len(w.run.locks)-1, pick, nil, 0)
		return
	}
	n := bits.TrailingZeros32(outer)
	w.use(n, w.outer[w.r.IntN(len(w.outer))], (*worker).nest, outer&^(1<<n)|uint32(pick)<<16)
}

// use takes one lock, has its section, with an inner one if there is any, and
// releases it.
func (w *worker) use(n, pick int, inner func(*worker, uint32, int), arg uint32) {
	l := w.run.locks[n]
	way := &l.ways[pick]
	h := &w.holds[n]
	if way.Mode == Peek {
		w.peek(l, way, h)
		return
	}
	if !way.Enter(h) {
		w.missed++
		return
	}
	g := l.guard(h.Place)
	w.check(g.enter(w.id, way.Mode), way)
	if inner != nil {
		inner(w, arg&0xffff, int(arg>>16))
	}
	w.section(g, way)
	w.check(g.leave(w.id, way.Mode), way)
	way.Leave(h)
	w.entered[way.Mode]++
}

// section is what is done inside.
func (w *worker) section(g *guard, way *Way) {
	if g.limit > 1 {
		hold(w.r, &w.run.subject, w.run.params.LongHold)
		w.check(g.stay(w.id, way.Mode), way)
		return
	}
	if !g.data.good() {
		w.check("inconsistent data", way)
	}
	if way.Mode == Write {
		n := g.data.begin()
		hold(w.r, &w.run.subject, w.run.params.LongHold)
		g.data.end(n)
	} else {
		hold(w.r, &w.run.subject, w.run.params.LongHold)
		if !g.data.good() {
			w.check("data that changed under a reader", way)
		}
	}
	if !w.run.subject.Racy {
		g.mark(way.Mode)
	}
	w.check(g.stay(w.id, way.Mode), way)
}

// peek reads without keeping writers out, until it has been lucky.
func (w *worker) peek(l *lock, way *Way, h *Hold) {
	for {
		if !way.Enter(h) {
			w.missed++
			return
		}
		g := l.guard(h.Place)
		g.data.copyFirst(&w.copy)
		if w.r.IntN(8) == 0 {
			Spin(w.r.IntN(500))
		}
		g.data.copyRest(&w.copy)
		again, good := way.Retry(h), w.copy.good()
		if !again {
			if !good {
				w.check("inconsistent data in a validated section", way)
			}
			w.entered[Peek]++
			return
		}
		w.retries++
		if !good {
			w.torn++
			w.run.torn.Store(true)
		}
		if w.run.stop.Load() {
			return
		}
	}
}

// check notes what is wrong, if anything is. It does not allocate.
func (w *worker) check(wrong string, way *Way) {
	if wrong == "" {
		return
	}
	if w.fails == 0 {
		w.first, w.by = wrong, way.Name
		w.run.failed.Store(true)
	}
	w.fails++
}

// sections returns how often the worker was inside.
func (w *worker) sections() (n int64) {
	for _, e := range w.entered {
		n += e
	}
	return n
}
