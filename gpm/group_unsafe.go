//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "unsafe"

type groupArgs struct {
	g    *Group
	attr *GroupAttr
}

// newGroupArgs is not instrumented, for code on g0 reads what it makes.
//
//go:norace
func newGroupArgs(g *Group, attr GroupAttr) *groupArgs { return &groupArgs{g, &attr} }

// setGroupOnG0 changes a group's weight, also in the parent's load.
//
//go:norace
func setGroupOnG0(args unsafe.Pointer) {
	a := arg[groupArgs](args)
	g := a.g
	g.acquire()
	more := int64(a.attr.Weight)*niceZero/defaultGroupWeight - g.weight
	g.attr = a.attr
	g.weight += more
	if g.attr.Quota == 0 {
		g.over = false
	}
	p, counted := g.parent, g.load != 0
	if !counted || p == nil {
		g.release()
		return
	}
	p.acquire() // as in add
	g.release()
	p.load += more
	p.release()
}
