//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "github.com/gokern/gokern/internal/cpu"

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
// though the average be lower. Otherwise tasks that run for a moment and block,
// again and again, would keep V where it is, and one that is ahead from running.
//
// All of a queue's tasks are on the list of level 0. With two or more they are
// in two heaps also: ready by deadline, ahead by virtual time. Which one a task is
// in is a hint: V moves, and a pick puts right what it meets. With one or none,
// the most common case by far, the heaps and sums are not kept.

// fair is one CPU's queue of such tasks. Protected by the queue's lock.
type fair struct {
	ready, ahead heap
	load         int64 // sum of the weights
	sum          int64 // sum of (v - base) * weight
	base         int64

	now     int64 // V at the last pick; others read it without the lock
	nowLoad int64 // and the weights then
	most    int64 // that V may be further than the average
	tail    int64 // the last deadline that a yield has led to

	inverse   float64 // 1 / inverseOf
	inverseOf int64

	// Of the task that runs, which is in no queue. It may have blocked, and be
	// somebody else's, a moment before the CPU's next pick.
	curV        int64 // when it was switched in
	curWeight   int64 // 0: none runs, or one of another class
	curDeadline int64
	curAttrs    *attrs

	protected *Task // lost the CPU to another class before the end of its slice
	cut       bool  // the task that runs is to lose the rest of its slice
}

// fairTask is a task's part.
type fairTask struct {
	node     node
	v        int64
	deadline int64
	weight   int64
	slice    int64  // in virtual time
	seen     int64  // cycles that v knows of
	vIn      int64  // V when it was last switched in
	loadIn   int64  // and the weights it was the average of
	lag      int64  // while clock is 0
	clock    uint32 // CPU to whose V v refers, plus 1; 0: none, it has its lag
	isAhead  bool   // the heap it is in
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

// goesOn notes V: the average v, or where it was before the last task had run for
// so long, if that is further. load are the weights now.
//
//go:norace
func (q *runqueue) goesOn(v, load int64, ran uint64) int64 {
	then := q.fair.now
	if ran != 0 && q.nowLoad != 0 {
		then += int64(ran) * niceZero / q.nowLoad
	}
	switch ahead := then - v; {
	case ahead > q.most:
		v += q.most // not without end: who leaves may come back at once
	case ahead > 0:
		v = then
	}
	q.fair.now, q.nowLoad = v, load
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

// scale returns n counts in the virtual time of weight w.
//
//go:norace
func scale(n, w int64) int64 {
	if w == niceZero {
		return n
	}
	return n * niceZero / w
}

// charge has v know what t has run.
//
//go:norace
func (t *Task) charge() {
	n := t.Cycles()
	t.v += scale(n-t.seen, t.weight)
	t.seen = n
}

// use has t run by what a says from now on. It is in no queue.
//
//go:norace
func (t *fairTask) use(a *attrs) {
	if t.weight != a.weight {
		if t.weight != 0 {
			t.lag = t.lag * t.weight / a.weight
		}
		t.weight = a.weight
	}
	t.slice = a.vslice
}

// limit is how much lag t may take along.
//
//go:norace
func (t *fairTask) limit(lag int64) int64 {
	most := 2 * t.slice
	return max(-most, min(lag, most))
}

// left works out the lag of t, which has run and left its CPU in some way, and is
// to join a queue again. t is the caller's.
//
//go:norace
func (t *Task) left() {
	n := t.Cycles() - t.seen
	t.charge()
	t.lag = 0
	if t.loadIn > t.weight {
		v := t.vIn + n*niceZero/t.loadIn
		lag := v - t.v
		if lag < 0 {
			// The others' time has gone on since.
			if passed := t.k.cpus[t.clock-1].fair.now - v; passed > 0 {
				lag = min(0, lag+passed)
			}
		}
		t.lag = t.limit(lag)
	}
	t.clock = 0
}

// place gives t, with its lag, its v and deadline in q.
//
//go:norace
func (q *runqueue) place(t *Task) {
	v, load := q.vtime()
	t.fairTask.use(t.attrs)
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
	if t.weight != t.attrs.weight || t.slice != t.attrs.vslice {
		v, _ := q.vtime()
		t.lag = v - t.v
		t.fairTask.use(t.attrs)
		t.v = v - t.lag
		t.deadline = t.v + t.slice
		return
	}
	switch {
	case how == putYield:
		t.yielded(&q.fair)
	case how == putEnd || t.v-t.deadline >= 0:
		t.deadline = t.v + t.slice
	case !q.cut:
		q.protected = t
	}
}

// yielded puts t's deadline behind those of all that have yielded before.
//
//go:norace
func (t *fairTask) yielded(f *fair) {
	t.deadline = t.v + t.slice
	if t.deadline-f.tail <= 0 {
		t.deadline = f.tail + 1
	}
	f.tail = t.deadline
}

// join counts t, which is about to be put on the list, if it is not alone there.
//
//go:norace
func (q *runqueue) join(t *Task) {
	l := &q.level[0]
	if l.n == 0 {
		return
	}
	if l.n == 1 {
		q.base, q.sum, q.load = l.head.v, 0, 0
		q.add(l.head)
	}
	q.add(t)
}

// part is join's opposite, when t has been taken from the list.
//
//go:norace
func (q *runqueue) part(t *Task) {
	switch q.level[0].n {
	case 0:
		return
	case 1:
		q.ready.root, q.ahead.root = nil, nil
	default:
		q.sub(t)
	}
}

//go:norace
func (q *runqueue) add(t *Task) {
	q.load += t.weight
	q.sum += (t.v - q.base) * t.weight
	t.node.key = t.deadline
	t.isAhead = false
	q.ready.insert(&t.node)
}

//go:norace
func (q *runqueue) sub(t *Task) {
	q.load -= t.weight
	q.sum -= (t.v - q.base) * t.weight
	if t.isAhead {
		q.ahead.delete(&t.node)
	} else {
		q.ready.delete(&t.node)
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
// ran is how long the last one that has left the CPU had run.
//
//go:norace
func (q *runqueue) firstFair(ran uint64) *Task {
	l := &q.level[0]
	if l.n == 1 {
		t := l.head
		q.goesOn(t.v, t.weight, ran)
		return t
	}
	v := q.base + q.divide(q.sum, q.load)
	if far := v - q.base; far > maxFar || far < -maxFar {
		q.sum -= far * q.load
		q.base = v
	}
	v = q.goesOn(v, q.load, ran)
	if t := q.protected; t != nil && t.on == q.number && t.level == 0 {
		return t
	}
	for n := q.ahead.root; n != nil && n.key-v <= 0; n = q.ahead.root {
		t := taskOfNode(n)
		q.ahead.delete(n)
		n.key = t.deadline
		t.isAhead = false
		q.ready.insert(n)
	}
	for n := q.ready.root; n != nil; n = q.ready.root {
		t := taskOfNode(n)
		if t.v-v <= 0 {
			return t
		}
		q.ready.delete(n)
		n.key = t.v
		t.isAhead = true
		q.ahead.insert(n)
	}
	return taskOfNode(q.ahead.root) // the average was rounded down
}

// idles has all debts forgotten: the CPU has had nothing to run.
//
//go:norace
func (f *fair) idles() { f.now += 1 << 33 }

// maxFar is how far V may be from base: the products stay far from overflowing.
const maxFar = 1 << 32

// rotateFair is rotate's part on level 0. It returns nil where it takes more.
//
//go:norace
func (q *runqueue) rotateFair(t *Task) *Task {
	if t.clock != q.number || t.weight != t.attrs.weight || t.slice != t.attrs.vslice {
		return nil
	}
	t.charge()
	t.yielded(&q.fair)
	l := &q.level[0]
	if l.n == 1 {
		v, load := average(l.head.v, l.head.weight, t.v, t.weight)
		q.goesOn(v, load, 0)
		return l.head
	}
	load := q.load + t.weight
	q.goesOn(q.base+q.divide(q.sum+(t.v-q.base)*t.weight, load), load, 0)
	n := q.ready.root
	if n == nil {
		n = q.ahead.root
	}
	next := taskOfNode(n)
	q.sub(next)
	q.add(t)
	return next
}

// starts notes that t, which is in no queue any more, runs on c from now on, and
// until when its slice lasts. c's lock is held.
//
//go:norace
func (c *vcpu) starts(t *Task) {
	c.cut, c.protected = false, nil
	if c.curOf = t.class; c.curOf != nil {
		c.curSlot, c.curTurn = t.user.slot, t.user.turn
	}
	if t.level != 0 {
		c.curWeight, c.curAttrs = 0, nil
		c.SliceUsed, c.SliceMin = t.used, c.k.sliceMin
		return
	}
	t.vIn, t.loadIn = c.fair.now, c.nowLoad
	c.curV, c.curWeight, c.curDeadline, c.curAttrs = t.v, t.weight, t.deadline, t.attrs
	rest := t.deadline - t.v
	if t.weight != niceZero {
		rest = rest * t.weight / niceZero
	}
	// Ticks do not start with the slice: end it at the nearest.
	rest = max(0, rest)
	c.SliceUsed, c.SliceMin = 0, uint64(rest)-min(c.k.sliceMin, uint64(rest)/2)
}

// precedes reports whether t, just queued, is to take c from the task of the same
// rank that runs. Linux: check_preempt_wakeup_fair(), dl_entity_preempt().
//
//go:norace
func (c *vcpu) precedes(t *Task) bool {
	if t.level != rankFair {
		return t.level == rankDeadline && t.node.key < c.curAt
	}
	a, cur := t.attrs, c.curAttrs
	switch {
	case cur == a || cur == nil:
		return false
	case cur.Policy == Idle && a.Policy != Idle:
		c.cut = true
		return true
	case a.Policy != Normal || a.slice >= cur.slice:
		return false
	}
	// V as it is now, not as it was when c last picked.
	then := c.curV
	if ran := int64(cpu.Cycles() - c.SliceStart); ran > 0 {
		c.curV += scale(ran, c.curWeight)
	}
	v, _ := c.vtime()
	c.curV = then
	if t.v-v > 0 || t.deadline-c.curDeadline >= 0 {
		return false
	}
	c.cut = true
	return true
}

// weight returns the weights of all that wait for c or run there. Without the
// lock it is a hint.
//
//go:norace
func (c *vcpu) weight() int64 {
	w := c.curWeight
	switch l := &c.level[0]; l.n {
	case 0:
	case 1:
		if t := l.head; t != nil {
			w += t.weight
		}
	default:
		w += c.load
	}
	return w
}
