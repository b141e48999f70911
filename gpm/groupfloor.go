//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"
	"slices"
	"sync"
	"time"
	"weak"
)

// Floors can be kept only if they are less than a CPU together. Groups have no end that
// anybody tells, so a kernel knows its groups by weak pointers.

// floors is what the kernel's groups are to get at least.
type floors struct {
	mu  sync.Mutex
	all []weak.Pointer[Group]
}

// allow notes that g, which may be new, is to have attr's floor, and calls set if that can
// be. ErrAttr otherwise.
func (f *floors) allow(g *Group, attr GroupAttr, set func()) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum := f.sum(g, attr.Floor)
	for pause := range 2 {
		if attr.Floor <= 0 || sum <= maxFloor+1e-9 {
			break
		}
		// A task that has just ended may still be on its CPU, or in the helper's hands.
		time.Sleep(2 * time.Millisecond * time.Duration(pause))
		g.k.forgetGroups()
		runtime.GC() // some may be gone
		sum = f.sum(g, attr.Floor)
	}
	if attr.Floor > 0 && sum > maxFloor+1e-9 {
		return badAttr("Floor is %v: all groups together would have %.3v, want %v at most", attr.Floor, sum, maxFloor)
	}
	set()
	return nil
}

// forgetGroups drops what would keep groups that nobody is in.
func (k *Kernel) forgetGroups() { onG0(forgetGroupsOnG0, k) }

// add notes a new group.
func (f *floors) add(g *Group) {
	if len(f.all) == cap(f.all) { // now and then
		f.all = slices.DeleteFunc(f.all, func(w weak.Pointer[Group]) bool { return w.Value() == nil })
	}
	f.all = append(f.all, weak.Make(g))
}

// sum returns what all groups have, if g has floor.
func (f *floors) sum(g *Group, floor float64) float64 {
	if floor == 0 {
		return 0
	}
	own, below := map[*Group]float64{g: floor}, map[*Group][]*Group{g.parent: {g}}
	for _, w := range f.all {
		if o := w.Value(); o != nil && o != g {
			own[o] = o.Attr().Floor
			below[o.parent] = append(below[o.parent], o)
		}
	}
	var of func(*Group) float64
	of = func(p *Group) float64 {
		sum := 0.0
		for _, o := range below[p] {
			sum += of(o)
		}
		return max(sum, own[p])
	}
	return of(nil)
}
