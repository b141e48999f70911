//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"time"

	"github.com/gokern/gokern/internal/cpu"
)

// Group is a set of tasks and of other groups that gets a share of the CPUs as if
// it were one task, as Linux's cgroups with the cpu controller.
//
// There is no queue for each group: its tasks are on the queues of the CPUs, with a
// weight that is their part of the group's, which is worked out whenever one is put
// on a queue. So a pick costs what it costs without groups.
type Group struct {
	k      *Kernel
	parent *Group // nil: the root

	// Protected by lock, which is taken on g0 only; a leaf.
	lock   uint32
	attr   *GroupAttr // never changed, but replaced: it may be read without the lock
	weight int64
	load   int64 // weights of its tasks that can run, and of the groups in it that have such
	used   int64 // of the quota, ns; what was too much in the last period too
	end    int64 // of the period, by Nanotime
	ran    int64 // time-stamp counts, in all
	over   bool  // the quota is used up
	overs  uint64

	on []groupOn // by CPU
}

// groupOn is what one CPU's queue has of a group's tasks, with those below it.
// Protected by the queue's lock.
type groupOn struct {
	n      int32
	weight int64
}

// groupTask is a task's part.
type groupTask struct {
	in     *Group // where it is counted, nil: nowhere
	weight int64  // as so much
	seen   int64  // cycles that the group knows of
}

// NewGroup makes a group in parent, nil for the root. It needs no end: it is
// gone when no task is in it and nobody knows it. Context: any goroutine that may block. Errors:
// ErrAttr. Linux: mkdir(2) in a cgroup.
func (k *Kernel) NewGroup(parent *Group, attr GroupAttr) (*Group, error) {
	attr, err := attr.complete()
	if err != nil {
		return nil, err
	}
	if parent != nil && parent.k != k {
		return nil, badAttr("the parent is another kernel's")
	}
	g := makeGroup(k, parent, attr)
	if err := k.floors.allow(g, attr, func() { k.floors.add(g) }); err != nil {
		return nil, err
	}
	return g, nil
}

//go:norace
func makeGroup(k *Kernel, parent *Group, attr GroupAttr) *Group {
	if parent == k.root {
		parent = nil
	}
	return &Group{k: k, parent: parent, attr: &attr, weight: int64(attr.Weight) * niceZero / defaultGroupWeight, on: make([]groupOn, k.cpusLen)}
}

// RootGroup returns the group of tasks that are in no other.
func (k *Kernel) RootGroup() *Group { return k.root }

// Attr returns what the group gets now. Context: any.
//
//go:norace
func (g *Group) Attr() GroupAttr { return *g.attr }

// Parent returns the group that g is in, nil for the root. Context: any.
func (g *Group) Parent() *Group {
	if g.parent == nil && g != g.k.root {
		return g.k.root
	}
	return g.parent
}

// SetAttr changes what the group gets, from the next turn of each task on. With another
// Quota or Period a new Period begins at once, also for tasks that wait for it. Context:
// any goroutine that may block. Errors: ErrAttr, also for the root. Linux:
// cpu_max_write(), tg_set_cfs_bandwidth().
func (g *Group) SetAttr(attr GroupAttr) error {
	if g == g.k.root {
		return badAttr("the root group is what it is")
	}
	attr, err := attr.complete()
	if err != nil {
		return err
	}
	return g.k.floors.allow(g, attr, func() { onG0(setGroupOnG0, newGroupArgs(g, attr)) })
}

// Stats returns what the group has had. Context: any goroutine.
//
//go:norace
func (g *Group) Stats() GroupStats {
	if g == g.k.root {
		return GroupStats{Runtime: g.k.Stats().Total.Busy}
	}
	return GroupStats{Runtime: time.Duration(float64(g.ran) / g.k.perNs), Throttled: g.overs}
}

//go:norace
func (g *Group) acquire() {
	for !cpu.Cas32(&g.lock, 0, 1) {
		cpu.Pause()
	}
}

//go:norace
func (g *Group) release() { cpu.Release32(&g.lock, 0) }

// add adds w to the load of g. With the first task that can run g's own weight comes
// into its parent's load, and goes with the last. The locks are held hand over hand,
// from below: what one has done to g the next can rely on in the parent.
//
//go:norace
func (g *Group) add(w int64) {
	g.acquire()
	for {
		had := g.load != 0
		g.load += w
		has, p := g.load != 0, g.parent
		if had == has || p == nil {
			g.release()
			return
		}
		if w = g.weight; !has {
			w = -w
		}
		p.acquire()
		g.release()
		g = p
	}
}

// joinGroup counts t, of rank 0, in the group that it is to be in.
//
//go:norace
func (t *Task) joinGroup(a *attrs) {
	u := &t.group
	if u.in == a.group && u.weight == a.weight {
		return
	}
	t.leaveGroup()
	if g := a.group; g != nil {
		u.in, u.weight, u.seen = g, a.weight, t.Cycles()
		g.add(a.weight)
	}
}

// leaveGroup has t counted nowhere.
//
//go:norace
func (t *Task) leaveGroup() {
	if g := t.group.in; g != nil {
		t.group.in = nil
		g.add(-t.group.weight)
	}
}

// wants returns the weight that t is to have on q, as a member of its group: of the
// weight of each group its part of that group's load.
//
//go:norace
func (q *runqueue) wants(t *Task, a *attrs) int64 {
	g := t.group.in
	w := float64(a.weight)
	for p := g; p != nil; p = p.parent {
		w *= float64(p.weight) / float64(max(1, p.load))
	}
	for p := g; p != nil; p = p.parent {
		if floor := p.attr.Floor; floor > 0 {
			// So much of all that is here, for those of p that are here.
			load := q.weights()
			n, mine := p.on[q.number-1].n, p.on[q.number-1].weight
			if q.curWeight != 0 && q.curAttrs != nil && q.curAttrs.group.within(p) {
				mine += q.curWeight
				if !q.putsBack {
					n++
				}
			}
			others := max(niceZero, load-mine) // more may come; the weight lasts for a turn
			w = max(w, floor/(1-floor)*float64(others)/float64(n+1))
		}
	}
	return min(max(int64(w), 2), 1<<20)
}

// within reports whether g is p or below it.
//
//go:norace
func (g *Group) within(p *Group) bool {
	for ; g != nil; g = g.parent {
		if g == p {
			return true
		}
	}
	return false
}

// waits counts t, of g, on the queue of CPU i, n is 1, or no more, -1.
//
//go:norace
func (g *Group) waits(t *Task, i uint32, n int32) {
	for ; g != nil; g = g.parent {
		on := &g.on[i]
		on.n += n
		on.weight += int64(n) * t.weight
	}
}

// consume takes n time-stamp counts from the quota of g and those above it.
//
//go:norace
func (g *Group) consume(n int64) {
	if n <= 0 {
		return
	}
	ns := int64(float64(n) / g.k.perNs)
	for ; g != nil; g = g.parent {
		g.acquire()
		g.ran += n
		if g.attr.Quota != 0 {
			g.refill()
			g.used += ns
			if g.used >= int64(g.attr.Quota) && !g.over {
				g.over = true
				g.overs++
			}
		}
		g.release()
	}
}

// consumes takes what t has run since the last time.
//
//go:norace
func (t *Task) consumes() {
	n := t.Cycles()
	t.group.in.consume(n - t.group.seen)
	t.group.seen = n
}

// refill begins the period that it is time for. What was used too much is taken
// from the next. The lock is held.
//
//go:norace
func (g *Group) refill() {
	now, period := clock(), int64(g.attr.Period)
	if now < g.end {
		return
	}
	n := (now-g.end)/period + 1
	if g.end == 0 {
		g.end, n = now, 1
	}
	g.end += n * period
	g.used = max(0, g.used-min(n, 1<<20)*int64(g.attr.Quota))
	g.over = g.used >= int64(g.attr.Quota)
}

// until returns when the tasks of g may run again, 0: now. Context: g0.
//
//go:norace
func (g *Group) until() (when int64) {
	for ; g != nil; g = g.parent {
		if g.attr.Quota == 0 || !g.over {
			continue
		}
		g.acquire()
		g.refill()
		if g.over {
			when = max(when, g.end)
		}
		g.release()
	}
	return when
}

// spent reports whether the quota of g, or of a group above, is used up. It takes no lock:
// a hint. Context: any.
//
//go:norace
func (g *Group) spent() bool {
	for ; g != nil; g = g.parent {
		if g.attr.Quota != 0 && g.over && clock() < g.end {
			return true
		}
	}
	return false
}

// lasts returns for how many ns the quotas of g and those above last, if one CPU
// uses them; less than 0: without end.
//
//go:norace
func (g *Group) lasts() int64 {
	least := int64(-1)
	for ; g != nil; g = g.parent {
		if g.attr.Quota != 0 {
			if left := max(0, int64(g.attr.Quota)-g.used); least < 0 || left < least {
				least = left
			}
		}
	}
	return least
}
