//go:build linux && amd64 && go1.25 && !go1.28

package gpm

// What EEVDF does with one task; see fair.go.

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

// weighed reports whether weigh would change nothing. It says no of tasks in groups.
//
//go:norace
func (t *Task) weighed() bool {
	a := t.attrs
	return t.weight == a.weight && t.slice == a.vslice && t.rare == 0
}

// weigh gives t, which is in no queue, the weight and slice that it is to have on q,
// and reports by how much they were different.
//
//go:norace
func (q *runqueue) weigh(t *Task) (oldWeight, oldSlice int64, changed bool) {
	a := t.attrs
	oldWeight, oldSlice = t.weight, t.slice
	if t.rare == 0 || t.group.in == nil && a.group == nil {
		if t.weight == a.weight && t.slice == a.vslice {
			return 0, 0, false
		}
		t.weight, t.slice = a.weight, a.vslice
		return oldWeight, oldSlice, true
	}
	t.joinGroup(a)
	t.weight, t.slice = a.weight, a.vslice
	if t.group.in != nil {
		t.weight = q.wants(t, a)
		t.slice = scale(a.slice, t.weight)
	}
	return oldWeight, oldSlice, t.weight != oldWeight || t.slice != oldSlice
}

// limit is how much lag t may take along: two slices, or a tick. Linux: entity_lag().
//
//go:norace
func (t *Task) limit(lag int64) int64 {
	most := max(2*t.slice, scale(int64(t.k.sliceMin), t.weight))
	return max(-most, min(lag, most))
}

// left works out the lag of t, which has run and left its CPU in some way, and is
// to join a queue again. t is the caller's.
//
//go:norace
func (t *Task) left() {
	now := t.k.cpus[t.clock-1].fair.now
	t.debtOn = 0
	lag := t.outLag
	switch {
	case t.outOn != t.clock:
		// Its CPU has not noted it, or not yet.
		t.charge()
		lag = min(0, now-t.v)
	case lag < 0:
		lag = min(0, lag+max(0, now-t.outV)) // the others' time has gone on since
		if t.outDebt != 0 {
			t.debtOn = t.clock
		}
	}
	t.lag = t.limit(lag)
	t.clock = 0
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
