//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "github.com/gokern/gokern/internal/heap"

// Normal, Batch and Idle tasks share a CPU by EEVDF (earliest eligible virtual
// deadline first), as in Linux since 6.6.
//
// Each task has a virtual time, v: what it has run, divided by its weight. The
// queue's own virtual time, V, is the average of its tasks', weighted. Who is
// not ahead of V has had no more than its share, and is eligible; of those the
// one runs whose deadline is first, the virtual time at which its slice would
// end if it had its share all the time. So weights give shares, and who asks for
// short slices is served sooner, not more.
//
// A task that leaves the queue takes its lag along, V - v, and joins with it
// again, on whatever CPU. One that blocks with a debt, a negative lag, stays on the
// queue in Linux, until V has come to its v (DELAY_DEQUEUE): so its debt is paid off,
// and V, an average, does not fall because it leaves. Here who wakes it works out
// what is left of the debt, and the average has the debt in it as long (debts.go).
//
// How the queue finds who is first is in fairorder.go. With one or none, the most common
// case by far, neither that nor the sums are kept.

// fair is one CPU's queue of such tasks. Protected by the queue's lock.
type fair struct {
	fairOrder
	load int64 // sum of the weights
	sum  int64 // sum of (v - base) * weight
	base int64

	now  int64 // V, or what it was; others read it without the lock
	tail int64 // the last deadline that a yield has led to

	// Of the task that runs, which is in no queue. It may have blocked, and be
	// somebody else's, a moment before the CPU's next pick.
	curV        int64 // when it was switched in
	curWeight   int64 // 0: none runs, or one of another class; the rest is old then
	curDeadline int64
	curAttrs    *attrs

	protected *Task // lost the CPU to another class before the end of its slice
	putsBack  bool  // it is the one that is put back
	known     bool  // now is V as it is
	cut       bool  // the task that runs is to lose the rest of its slice

	debts debts // last: most of it is rarely looked at
}

// fairTask is a task's part.
type fairTask struct {
	clock    uint32 // CPU to whose V v refers, plus 1; 0: none, it has its lag
	where    uint8  // partOrder, partReady or partAhead
	lowered  bool   // of a FIFO or RR task: it waited with a higher priority, and comes first of the next; the caller's of wake
	lag      int64  // while clock is 0
	v        int64
	deadline int64
	weight   int64
	slice    int64  // in virtual time
	seen     int64  // cycles that v knows of
	outLag   int64  // the lag when it last left its CPU
	outV     int64  // and V
	outDebt  uint32 // and the number of its debt
	outOn    uint32 // that CPU, plus 1
	debtOn   uint32 // CPU whose queue has its debt, plus 1; 0: none
	node     heap.Node
}

// distances returns the sum of the distances from ref, times their weights, of all that
// wait, and of debts; and the sum of the weights.
//
//go:norace
func (q *runqueue) distances(ref int64) (sum float64, load int64) {
	switch l := &q.level[0]; l.n {
	case 0:
	case 1:
		load = l.head.weight
		sum = float64(l.head.v-ref) * float64(load)
	default:
		load = q.load
		sum = float64(q.sum) + float64(q.base-ref)*float64(load)
	}
	if d := &q.debts; d.weight != 0 {
		load += d.weight
		sum += float64(d.sum) + float64(d.base-ref)*float64(d.weight)
	}
	return sum, load
}

// weights returns the weights that V is the average of: of all that wait, the one that
// runs, and debts.
//
//go:norace
func (q *runqueue) weights() int64 {
	load := q.curWeight + q.debts.weight
	switch l := &q.level[0]; l.n {
	case 0:
		if q.curWeight == 0 {
			return 0
		}
	case 1:
		load += l.head.weight
	default:
		load += q.load
	}
	return load
}

// vtime returns V, with the task that runs as it was when switched in. With nobody there
// it is where it was.
//
//go:norace
func (q *runqueue) vtime() int64 {
	if q.known || q.level[0].n == 0 && q.curWeight == 0 {
		return q.fair.now
	}
	v := q.fair.now
	sum, load := q.distances(v)
	if q.curWeight != 0 {
		load += q.curWeight
		sum += float64(q.curV-v) * float64(q.curWeight)
	}
	q.fair.now = v + divide(sum, load)
	q.known = true
	return q.fair.now
}

// blocks notes that t has left the CPU and the queue, and what it is owed: V goes on
// without it, as an average does, but for what it owes. It may have been woken already,
// and be somebody else's: what is noted counts only if it comes from where it ran last.
//
//go:norace
func (q *runqueue) blocks(t *Task) {
	if t.on == q.number {
		q.curWeight, q.known = 0, false // it is back
		return
	}
	lag, debt := q.gone(t.Cycles() - t.seen)
	t.outLag, t.outV = lag, q.fair.now
	t.outDebt, t.outOn = debt, q.number
}

// gone has V go on without the task that has left the CPU and the queue, after it had
// run for so long. It returns its lag, and by what its debt is found, 0 if it has none.
//
//go:norace
func (q *runqueue) gone(ran int64) (lag int64, debt uint32) {
	weight, v := q.curWeight, q.curV+scale(ran, q.curWeight)
	q.curWeight, q.known = 0, true
	switch l := &q.level[0]; {
	case l.n == 0:
		return 0, 0 // nobody is owed anything
	case l.n == 1 && q.debts.weight == 0 && l.head.weight == weight:
		lag = (l.head.v - v) >> 1
		q.fair.now = l.head.v
	default:
		sum, load := q.distances(v)
		if lag = divide(sum, load+weight); lag >= 0 {
			q.fair.now = v + divide(sum, load)
		}
	}
	if lag < 0 {
		q.fair.now = v + lag
		debt = q.debts.add(v, weight, -lag)
	}
	return lag, debt
}

// reaches returns V for a pick, and drops debts that are paid off.
//
//go:norace
func (q *runqueue) reaches() int64 {
	for {
		v := q.vtime()
		if !q.debts.due(v) {
			return v
		}
		q.debts.drop(v)
		q.known = false
	}
}

// divide returns sum / load.
//
//go:norace
func divide(sum float64, load int64) int64 { return int64(sum / float64(load)) }

// place gives t, with its lag, its v and deadline in q.
//
//go:norace
func (q *runqueue) place(t *Task) {
	v := q.vtime()
	at := t.outV - t.outLag
	had := t.debtOn == q.number && q.debts.remove(t.outDebt, at, t.weight)
	t.debtOn = 0
	if !t.weighed() {
		if old, _, changed := q.weigh(t); changed && t.lag != 0 {
			t.lag = t.lag * old / t.weight
			if had {
				had, q.known = false, false
				v = q.vtime()
			}
		}
	}
	load := q.weights()
	switch {
	case 16*load <= t.weight:
		t.v, q.known = v, false // what it owes to next to nobody is nothing
	case had && at-v > 0:
		t.v = at // V has it in already
	case had:
		q.known = false // it is paid off, and counted until now
		t.v = q.vtime()
	case t.lag == 0:
		t.v = v
	default:
		by := t.lag
		if load != t.weight {
			by = t.lag * t.weight / load
		}
		t.v = v - t.lag - by
		q.fair.now = v - by
	}
	t.deadline = t.v + t.slice
	t.seen = t.Cycles()
	if t.seen == 0 {
		t.deadline -= t.slice / 2 // new: it is to begin soon
	}
	t.clock = q.number
}

// resume prepares t, which has just left this very CPU and can run, for the queue.
//
//go:norace
func (q *runqueue) resume(t *Task, how putting) {
	t.charge()
	q.curV, q.putsBack, q.known = t.v, true, false
	if w, s, changed := q.weigh(t); changed { // Linux: reweight_entity()
		v := q.vtime()
		rest := float64(t.deadline-t.v) / float64(s)
		t.v = v - (v-t.v)*w/t.weight
		t.deadline = t.v + int64(rest*float64(t.slice))
	}
	q.putsBack, q.known = false, false
	switch {
	case how == putYield:
		t.yielded(&q.fair)
	case how == putEnd || t.v-t.deadline >= 0:
		t.deadline = t.v + t.slice
	case !q.cut:
		q.protected = t
	}
}

// leave takes t, which waits here, out of the queue, for another. It keeps its lag.
//
//go:norace
func (q *runqueue) leave(t *Task) {
	if t.level == 0 && t.clock == q.number {
		t.lag = t.limit(q.vtime() - t.v)
		t.clock = 0
	}
	q.remove(t)
	q.known = false
}

// idles has all debts forgotten: the CPU has had nothing to run.
//
//go:norace
func (f *fair) idles() {
	f.now += 1 << 33
	f.debts.forget()
	f.known = false
}

// maxFar is how far V may be from base: the products stay far from overflowing.
const maxFar = 1 << 32
