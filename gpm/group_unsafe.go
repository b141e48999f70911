//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "unsafe"

type groupArgs struct {
	g    *Group
	attr GroupAttr
}

// newGroupArgs is not instrumented, for code on g0 reads what it makes.
//
//go:norace
func newGroupArgs(g *Group, attr GroupAttr) *groupArgs { return &groupArgs{g, attr} }

// setGroupOnG0 changes a group's weight, also in the parent's load.
//
//go:norace
func setGroupOnG0(p unsafe.Pointer) {
	a := arg[groupArgs](p)
	g := a.g
	g.acquire()
	more := int64(a.attr.Weight)*niceZero/defaultGroupWeight - g.weight
	g.attr = a.attr
	g.weight += more
	counted := g.load != 0
	if g.attr.Quota == 0 {
		g.over = false
	}
	// The parent's lock comes after: nobody holds both in the other order.
	if counted && g.parent != nil {
		g.parent.acquire()
		g.parent.load += more
		g.parent.release()
	}
	g.release()
}
