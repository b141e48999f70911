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
