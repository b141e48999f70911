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
// what is left of the debt; and V goes on from where it was, by what has been run,
// though the average be lower. So V never falls, and whoever waits is reached by it:
// with the bare average, or one that falls when somebody comes whom it owes, tasks that
// run for a moment and block, again and again, hold it where it is, and one that is
// ahead never runs.
//
// All of a queue's tasks are on the list of level 0. As long as each that comes has
// a later deadline than the one before, the list is in their order, and its first is
// the one to look at. If that is ahead of V, or one comes with an earlier deadline,
// all go into two heaps also: ready by deadline, ahead by virtual time. Which
// one a task is in is a hint: V moves, and a pick puts right what it meets. With one
// or none, the most common case by far, the sums are not kept either.

// fair is one CPU's queue of such tasks. Protected by the queue's lock.
type fair struct {
	ready, ahead heap.Heap
	heaps        bool  // the tasks are in them
	load         int64 // sum of the weights
	sum          int64 // sum of (v - base) * weight
	base         int64

	now     int64 // V at the last pick; others read it without the lock
	nowLoad int64 // and the weights then
	tail    int64 // the last deadline that a yield has led to

	inverse   float64 // 1 / inverseOf
	inverseOf int64

	// Of the task that runs, which is in no queue. It may have blocked, and be
	// somebody else's, a moment before the CPU's next pick.
	curV        int64 // when it was switched in
	curWeight   int64 // 0: none runs, or one of another class; the rest is old then
	curDeadline int64
	curAttrs    *attrs

	protected *Task // lost the CPU to another class before the end of its slice
	putsBack  bool  // it is the one that is put back
	cut       bool  // the task that runs is to lose the rest of its slice
}

// fairTask is a task's part.
type fairTask struct {
	clock    uint32 // CPU to whose V v refers, plus 1; 0: none, it has its lag
	isAhead  bool   // the heap it is in
	lowered  bool   // of a FIFO or RR task: it waited with a higher priority, and comes first of the next; the caller's of wake
	lag      int64  // while clock is 0
	v        int64
	deadline int64
	weight   int64
	slice    int64 // in virtual time
	seen     int64 // cycles that v knows of
	vIn      int64 // V when it was last switched in
	loadIn   int64 // and the weights it was the average of
	node     heap.Node
}

// vtime returns V and the weights that it is the average of, with the task that
// runs, as it was when switched in.
//
//go:norace
func (q *runqueue) vtime() (v, load int64) {
	l := &q.level[0]
	switch {
	case l.n == 0 && q.curWeight == 0:
		return q.fair.now, 0
	case l.n == 0:
		v, load = q.curV, q.curWeight
	case l.n == 1:
		v, load = average(l.head.v, l.head.weight, q.curV, q.curWeight)
	default:
		sum := q.sum
		load = q.load
		if q.curWeight != 0 {
			sum += (q.curV - q.base) * q.curWeight
			load += q.curWeight
		}
		v = q.base + q.divide(sum, load)
	}
	if v-q.fair.now < 0 {
		v = q.fair.now
	}
	return v, load
}

// advance has V go on by what the task has run that has just left the CPU.
//
//go:norace
func (f *fair) advance(ran uint64) {
	switch f.nowLoad {
	case 0:
	case niceZero:
		f.now += int64(ran)
	default:
		f.now += int64(ran) * niceZero / f.nowLoad
	}
	f.curWeight = 0
}

// reaches notes V: the average v, or where V has come to, if that is further. load are
// the weights now.
//
//go:norace
func (f *fair) reaches(v, load int64) int64 {
	if v-f.now < 0 {
		v = f.now
	}
	f.now, f.nowLoad = v, load
	return v
}

// average returns the average of v and u, with their weights, and the sum of
// those. b may be 0.
//
//go:norace
func average(v, a, u, b int64) (int64, int64) {
	switch b {
	case 0:
		return v, a
	case a:
		return v + (u-v)>>1, a + a
	}
	return v + (u-v)*b/(a+b), a + b
}

// divide returns sum / load. It remembers 1 / load: yields do not change it.
//
//go:norace
func (f *fair) divide(sum, load int64) int64 {
	if load != f.inverseOf {
		f.inverse, f.inverseOf = 1/float64(load), load
	}
	return int64(float64(sum) * f.inverse)
}

// place gives t, with its lag, its v and deadline in q.
//
//go:norace
func (q *runqueue) place(t *Task) {
	v, load := q.vtime()
	if !t.weighed() {
		if old, _, changed := q.weigh(t); changed && t.lag != 0 {
			t.lag = t.lag * old / t.weight
		}
	}
	t.v = v
	if t.lag != 0 && 16*load > t.weight { // what it owes to next to nobody is nothing
		t.v -= t.lag * (load + t.weight) / load
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
	q.curV, q.putsBack = t.v, true
	if w, s, changed := q.weigh(t); changed { // Linux: reweight_entity()
		v, _ := q.vtime()
		rest := float64(t.deadline-t.v) / float64(s)
		t.v = v - (v-t.v)*w/t.weight
		t.deadline = t.v + int64(rest*float64(t.slice))
	}
	q.putsBack = false
	switch {
	case how == putYield:
		t.yielded(&q.fair)
	case how == putEnd || t.v-t.deadline >= 0:
		t.deadline = t.v + t.slice
	case !q.cut:
		q.protected = t
	}
}

// join counts t, which is about to be put on the list, if it is not alone there, and
// reports whether that is to be at the front.
//
//go:norace
func (q *runqueue) join(t *Task) (front bool) {
	l := &q.level[0]
	if l.n == 0 {
		q.heaps = false
		return false
	}
	if l.n == 1 {
		q.base, q.sum, q.load = l.head.v, 0, l.head.weight
	}
	q.load += t.weight
	q.sum += (t.v - q.base) * t.weight
	switch {
	case q.heaps:
	case t.deadline-l.tail.deadline >= 0:
		return false
	case t.deadline-l.head.deadline <= 0:
		return true
	default:
		q.heapify()
	}
	q.insert(t)
	return false
}

// heapify puts all tasks of the list into the heaps.
//
//go:norace
func (q *runqueue) heapify() {
	q.heaps = true
	q.ready.First, q.ahead.First = nil, nil
	for t := q.level[0].head; t != nil; t = t.next {
		q.insert(t)
	}
}

//go:norace
func (q *runqueue) insert(t *Task) {
	t.node.Key = t.deadline
	t.isAhead = false
	q.ready.Insert(&t.node)
}

// part is join's opposite, when t has been taken from the list.
//
//go:norace
func (q *runqueue) part(t *Task) {
	n := q.level[0].n
	if n == 0 {
		return
	}
	q.load -= t.weight
	q.sum -= (t.v - q.base) * t.weight
	switch {
	case n == 1:
		q.heaps = false // one is in order
	case q.heaps && t.isAhead:
		q.ahead.Remove(&t.node)
	case q.heaps:
		q.ready.Remove(&t.node)
	}
}

// leave takes t, which waits here, out of the queue, for another. It keeps its lag.
//
//go:norace
func (q *runqueue) leave(t *Task) {
	if t.level == 0 && t.clock == q.number {
		v, _ := q.vtime()
		t.lag = t.limit(v - t.v)
		t.clock = 0
	}
	q.remove(t)
}

// firstFair returns the task of level 0 to run next, and notes V. There is one.
//
//go:norace
func (q *runqueue) firstFair() *Task {
	l := &q.level[0]
	if l.n == 1 {
		t := l.head
		q.reaches(t.v, t.weight)
		return t
	}
	protected := q.protected
	if protected != nil && (protected.on != q.number || protected.level != 0) {
		protected = nil
	}
	v := q.base + q.divide(q.sum, q.load)
	if far := v - q.base; far > maxFar || far < -maxFar {
		q.sum -= far * q.load
		q.base = v
	}
	v = q.reaches(v, q.load)
	if protected != nil {
		return protected
	}
	if !q.heaps {
		if l.head.v-v <= 0 {
			return l.head
		}
		q.heapify()
	}
	for n := q.ahead.First; n != nil && n.Key-v <= 0; n = q.ahead.First {
		t := taskOfNode(n)
		q.ahead.Remove(n)
		n.Key = t.deadline
		t.isAhead = false
		q.ready.Insert(n)
	}
	for n := q.ready.First; n != nil; n = q.ready.First {
		t := taskOfNode(n)
		if t.v-v <= 0 {
			return t
		}
		q.ready.Remove(n)
		n.Key = t.v
		t.isAhead = true
		q.ahead.Insert(n)
	}
	return taskOfNode(q.ahead.First) // the average was rounded down
}

// idles has all debts forgotten: the CPU has had nothing to run.
//
//go:norace
func (f *fair) idles() { f.now += 1 << 33 }

// maxFar is how far V may be from base: the products stay far from overflowing.
const maxFar = 1 << 32
