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

//go:norace
func forgetGroupsOnG0(p unsafe.Pointer) {
	k := arg[Kernel](p)
	k.recent = nil
	for _, c := range k.cpus {
		c.acquire()
		c.forgetGone()
		c.release()
	}
}

// setGroupOnG0 changes what a group gets.
//
//go:norace
func setGroupOnG0(args unsafe.Pointer) {
	a := arg[groupArgs](args)
	g := a.g
	if g.change(a.attr) {
		for _, c := range g.k.cpus {
			c.unthrottle(g)
		}
	}
}

// change changes a group's weight, also in the parent's load, and reports whether its
// quota is another, and begun anew.
//
//go:norace
func (g *Group) change(attr *GroupAttr) (quota bool) {
	g.acquire()
	more := int64(attr.Weight)*niceZero/defaultGroupWeight - g.weight
	if quota = attr.Quota != g.attr.Quota || attr.Period != g.attr.Period; quota {
		g.over, g.used, g.end = false, 0, 0
	}
	g.attr = attr
	g.weight += more
	p, counted := g.parent, g.load != 0
	if !counted || p == nil {
		g.release()
		return quota
	}
	p.acquire() // as in add
	g.release()
	p.load += more
	p.release()
	return quota
}

// unthrottle has those of g's tasks that are throttled on c, and the one that runs there,
// look again whether they may run. Linux: unthrottle_cfs_rq().
//
//go:norace
func (c *vcpu) unthrottle(g *Group) {
	c.acquire()
	any := c.curGroup.within(g)
	for t := c.level[levelThrottled].head; t != nil; t = t.next {
		if a := t.attrs; a.Policy != Deadline && a.group.within(g) {
			t.until, c.soonest, any = 0, 0, true
		}
	}
	c.release()
	if any {
		c.again()
	}
}
