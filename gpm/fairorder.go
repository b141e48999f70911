//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "github.com/gokern/gokern/internal/heap"

// Who is first of those that wait: of the eligible ones the one with the first deadline.
//
// Most tasks that come have the last deadline of all, or nearly so: they are in order, a
// list, and its first is the first of them. The others are in two heaps: ready by
// deadline, ahead by virtual time. Which heap a task is in is a hint: V moves, and a pick
// puts right what it meets.
//
// Nearly: within slack. So who is picked may have a deadline that much later than another,
// or be ahead of V by that much. That is little beside a tick, at which slices end, and
// saves the heaps, and looks at other tasks' cache lines, where hundreds pass
// messages.

// fairOrder is that of the tasks of level 0, where there are two or more.
type fairOrder struct {
	order        heap.List
	last         int64 // the last deadline of those in order
	ready, ahead heap.Heap
	grain        int64 // the most slack
}

// Where in fairOrder a task is.
const (
	partOrder = iota
	partReady
	partAhead
)

// slack is by how much t may be out of order.
//
//go:norace
func (f *fairOrder) slack(t *Task) int64 { return min(t.slice>>4, f.grain) }

// join is enqueue's part for level 0: t is about to be put on the list.
//
//go:norace
func (q *runqueue) join(t *Task) {
	l := &q.level[0]
	switch l.n {
	case 0:
		return
	case 1:
		q.base, q.sum, q.load = l.head.v, 0, l.head.weight
		q.order, q.ready, q.ahead = heap.List{}, heap.Heap{}, heap.Heap{}
		q.sort(l.head)
	}
	q.load += t.weight
	q.sum += (t.v - q.base) * t.weight
	q.sort(t)
}

// sort puts t in order, or in a heap.
//
//go:norace
func (f *fairOrder) sort(t *Task) {
	late := t.deadline - f.last
	if slack := f.slack(t); f.order.First == nil || late >= -slack && late <= slack {
		if f.order.First == nil || late > 0 {
			f.last = t.deadline
		}
		t.where = partOrder
		f.order.Add(&t.node)
		return
	}
	f.insert(t)
}

//go:norace
func (f *fairOrder) insert(t *Task) {
	t.node.Key = t.deadline
	t.where = partReady
	f.ready.Insert(&t.node)
}

// part is remove's: t has been taken from the list.
//
//go:norace
func (q *runqueue) part(t *Task) {
	if q.level[0].n == 0 {
		return
	}
	q.load -= t.weight
	q.sum -= (t.v - q.base) * t.weight
	q.take(t)
}

// take takes t out of the part it is in.
//
//go:norace
func (f *fairOrder) take(t *Task) {
	switch t.where {
	case partOrder:
		f.order.Remove(&t.node)
	case partReady:
		f.ready.Remove(&t.node)
	case partAhead:
		f.ahead.Remove(&t.node)
	}
}

// next returns the one with the first deadline, as far as that is known without V.
//
//go:norace
func (f *fairOrder) next() *Task {
	o, r := f.order.First, f.ready.First
	switch {
	case o == nil && r == nil:
		return taskOfNode(f.ahead.First)
	case o == nil || r != nil && r.Key-taskOfNode(o).deadline < 0:
		return taskOfNode(r)
	}
	return taskOfNode(o)
}

// firstAt returns the first task when V is v.
//
//go:norace
func (f *fairOrder) firstAt(v int64) *Task {
	for n := f.ahead.First; n != nil && n.Key-v <= 0; n = f.ahead.First {
		f.ahead.Remove(n)
		f.insert(taskOfNode(n))
	}
	for f.order.First != nil || f.ready.First != nil {
		t := f.next()
		slack := int64(0)
		if t.where == partOrder {
			slack = f.slack(t)
		}
		if t.v-v <= slack {
			return t
		}
		f.take(t)
		t.node.Key = t.v
		t.where = partAhead
		f.ahead.Insert(&t.node)
	}
	return taskOfNode(f.ahead.First) // the average was rounded down
}

// firstFair returns the task of level 0 to run next, and notes V. There is one.
//
//go:norace
func (q *runqueue) firstFair() *Task {
	l := &q.level[0]
	if l.n == 1 {
		q.reaches()
		return l.head
	}
	protected := q.protected
	if protected != nil && (protected.on != q.number || protected.level != 0) {
		protected = nil
	}
	v := q.reaches()
	if far := v - q.base; far > maxFar || far < -maxFar {
		q.sum -= far * q.load
		q.base = v
	}
	if protected != nil {
		return protected
	}
	return q.firstAt(v)
}

// forgetGone drops what is left of tasks that have gone, which nobody looks at but the
// collector.
//
//go:norace
func (q *runqueue) forgetGone() {
	if q.level[0].n <= 1 {
		q.order, q.ready, q.ahead = heap.List{}, heap.Heap{}, heap.Heap{} // as join would
	}
	if p := q.protected; p != nil && p.on != q.number {
		q.protected = nil
	}
	if q.curWeight == 0 {
		q.curAttrs = nil
	}
}
