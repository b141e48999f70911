//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "math/bits"

// A task that blocks with a debt, ahead of V, stays on the queue in Linux until V has
// come to its v (DELAY_DEQUEUE): so its debt is paid off, and V, an average, does not fall
// because it leaves. Here it is gone, maybe run elsewhere, before its CPU can do anything
// about it. What stays is its weight and its v, for the average: a debt.
//
// Debts are not kept in order. Those of one size, within a factor of two, are a level,
// and a level has two generations: of the old one all are dropped when V has come to the
// last of them; then the young is the old. So a debt counts until V has come to its v, and
// maybe somewhat further, by three times its size; or until its task comes back.

// owed are debts of one generation.
type owed struct {
	weight int64 // sum of the weights
	sum    int64 // sum of (v - base) * weight
	last   int64 // the last v
	number uint32
}

// debts are those of one queue, and protected by its lock.
type debts struct {
	weight, sum int64  // of all
	base        int64  // set where there were none
	next        int64  // V when some are to be dropped
	levels      uint32 // that have some
	number      uint32 // of the last generation
	level       [numLevels]struct{ old, young owed }
}

const (
	numLevels = 32
	// The size, as a power of two, of the smallest debts that have a level of their own,
	// in virtual time.
	smallest = 8
)

// add adds the debt of a task of this weight at v, when V is so much less, and
// returns by what it is found again: its generation's number, which has its level in it.
//
//go:norace
func (d *debts) add(v, weight, size int64) (debt uint32) {
	i := min(max(bits.Len64(uint64(size)), smallest)-smallest, numLevels-1)
	if d.weight == 0 {
		d.sum, d.base, d.next = 0, v, v
	}
	if far := v - size - d.base; far > maxFar || far < -maxFar {
		d.move(v - size)
	}
	l := &d.level[i]
	o := &l.young
	if l.old.weight == 0 {
		o = &l.old
		if v-d.next < 0 {
			d.next = v
		}
		d.levels |= 1 << i
	}
	if o.weight == 0 {
		o.number, o.last = d.newNumber()|uint32(i), v
	} else if v-o.last > 0 {
		o.last = v
	}
	sum := (v - d.base) * weight
	o.weight += weight
	o.sum += sum
	d.weight += weight
	d.sum += sum
	return o.number
}

// newNumber returns a number for a generation. 0 is none's.
//
//go:norace
func (d *debts) newNumber() uint32 {
	if d.number += numLevels; d.number == 0 {
		d.number = numLevels
	}
	return d.number
}

// remove takes a debt out that is at v and has this weight, and reports whether it was
// there still.
//
//go:norace
func (d *debts) remove(debt uint32, v, weight int64) bool {
	i := debt % numLevels
	l := &d.level[i]
	o := &l.old
	if o.number != debt {
		o = &l.young
	}
	if o.number != debt || o.weight < weight {
		return false
	}
	sum := (v - d.base) * weight
	o.weight -= weight
	o.sum -= sum
	d.weight -= weight
	d.sum -= sum
	if o.weight == 0 {
		d.sum -= o.sum // nothing, if all was right
		o.sum = 0
	}
	if l.old.weight == 0 {
		l.old, l.young = l.young, owed{}
		if l.old.weight == 0 {
			d.levels &^= 1 << i
		}
	}
	return true
}

// due reports whether there is something to drop when V is v.
//
//go:norace
func (d *debts) due(v int64) bool { return d.weight != 0 && v-d.next >= 0 }

// drop drops what is paid off when V is v.
//
//go:norace
func (d *debts) drop(v int64) {
	first := true
	for w := d.levels; w != 0; w &= w - 1 {
		i := bits.TrailingZeros32(w)
		l := &d.level[i]
		for l.old.weight != 0 && v-l.old.last >= 0 { // at most twice
			d.weight -= l.old.weight
			d.sum -= l.old.sum
			l.old, l.young = l.young, owed{}
		}
		switch {
		case l.old.weight == 0:
			d.levels &^= 1 << i
		case first || l.old.last-d.next < 0:
			d.next, first = l.old.last, false
		}
	}
}

// move has the sums refer to base.
//
//go:norace
func (d *debts) move(base int64) {
	by := base - d.base
	d.base = base
	d.sum -= by * d.weight
	for w := d.levels; w != 0; w &= w - 1 {
		l := &d.level[bits.TrailingZeros32(w)]
		l.old.sum -= by * l.old.weight
		l.young.sum -= by * l.young.weight
	}
}

// forget drops all.
//
//go:norace
func (d *debts) forget() {
	for w := d.levels; w != 0; w &= w - 1 {
		l := &d.level[bits.TrailingZeros32(w)]
		l.old, l.young = owed{}, owed{}
	}
	d.weight, d.sum, d.levels = 0, 0, 0
}
