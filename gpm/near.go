//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"cmp"
	"io/fs"
	"slices"

	"github.com/gokern/gokern/internal/topology"
)

// Which virtual CPUs are near each other, by those of the machine that they are
// pinned to. All is worked out at Boot; the scheduler goes through lists. So what
// it prefers among equals is the first that it finds.

// nearness is how far a CPU is, as far as an idle one is chosen by it: within a
// cache it is more important that the whole core is idle than how near it is.
type nearness uint8

const (
	nearCache nearness = iota
	nearNode
	farthest
)

// sysfs is where Boot learns of the machine.
var sysfs fs.FS = topology.Sysfs()

// seatNeighbours fills in what each CPU knows of the others.
func (k *Kernel) seatNeighbours() {
	for _, c := range k.cpus {
		c.near, c.levels, c.core = k.neighbours(c)
	}
}

// neighbours returns c and all others, the nearest first, how near each is, and
// which share c's core.
func (k *Kernel) neighbours(c *vcpu) (near []*vcpu, levels []nearness, core []*vcpu) {
	near = slices.Clone(k.cpus)
	// From c upwards and then from 0, so that not all look at CPU 0 first.
	n := len(near)
	after := func(o *vcpu) int { return (int(o.ID-c.ID) + n) % n }
	slices.SortFunc(near, func(a, b *vcpu) int {
		return cmp.Or(cmp.Compare(k.rank(c, a), k.rank(c, b)), cmp.Compare(after(a), after(b)))
	})
	for _, o := range near {
		level := nearCache
		switch d := k.distance(c, o); {
		case d == topology.SameNode:
			level = nearNode
		case d == topology.Far:
			level = farthest
		case o != c && d <= topology.Sibling:
			core = append(core, o)
		}
		levels = append(levels, level)
	}
	return near, levels, core
}

// distance returns how far o is from c. A CPU that is not pinned may be anywhere.
func (k *Kernel) distance(c, o *vcpu) topology.Distance {
	switch {
	case c == o:
		return topology.Same
	case c.pin < 0 || o.pin < 0:
		return topology.SameLLC
	}
	return k.machine.Distance(c.pin, o.pin)
}

// rank orders by distance; but another virtual CPU on the same CPU of the machine
// only takes turns with c, so it comes after the core's other thread.
func (k *Kernel) rank(c, o *vcpu) int {
	d := k.distance(c, o)
	switch {
	case c == o:
		return -1
	case d == topology.Same:
		return int(topology.Sibling)*2 + 1
	}
	return int(d) * 2
}

// others returns all other CPUs, the nearest first.
//
//go:norace
func (c *vcpu) others() []*vcpu { return c.near[1:] }
