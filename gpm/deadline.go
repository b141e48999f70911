//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math"

	"github.com/gokern/gokern/internal/goport"
)

// Deadline tasks: the one whose deadline is first runs (EDF), each within its own
// bandwidth (CBS), as Linux's SCHED_DEADLINE.
//
// A task that has used its budget up (budget.go) is throttled: it stays on its
// queue, on a list that no pick looks at, until the next period begins. So whatever
// one does, the others get what they were promised; and admission has seen to it
// that all promises together can be kept.
//
// Times are those of Nanotime.

// enterDeadline prepares t for q, and reports whether it may run. A task that is
// lent a deadline, earlier than its own, runs by that, without a budget.
//
//go:norace
func (q *runqueue) enterDeadline(t *Task, how putting) bool {
	d, a := &t.dl, t.attrs
	if boost := t.lent.boost; a.Policy != Deadline || boost > rankDeadline && deadlineOf(boost)-d.at < 0 {
		d.charged = t.Cycles() // lent time is not the budget's
		t.node.Key = deadlineOf(boost)
		q.deadlines.Insert(&t.node)
		return true
	}
	if d.begins != 0 { // what it ran as something else is not the budget's
		d.begins, d.charged, how = 0, t.Cycles(), putNew
	}
	d.charge(t)
	if how == putNew {
		d.comes(a, clock())
	}
	if d.left <= 0 {
		q.throttle(t, d.next)
		return false
	}
	t.node.Key = d.at
	q.deadlines.Insert(&t.node)
	return true
}

// clock is Nanotime, in a function of its own for those who check code on g0.
//
//go:noinline
//go:norace
func clock() int64 { return goport.Nanotime() }

// renewThrottled puts those back whose next period has begun. c's lock is held.
//
//go:norace
func (c *vcpu) renewThrottled() {
	now := clock()
	if now < c.soonest {
		return
	}
	c.soonest = math.MaxInt64
	for t := c.level[levelThrottled].head; t != nil; {
		next := t.next
		if t.until <= now {
			c.remove(t)
			if a := t.attrs; a.Policy == Deadline {
				t.dl.renew(a, now)
			}
			c.put(t, putEnd)
			c.countRT(t, 1)
		} else {
			c.soonest = min(c.soonest, t.until)
		}
		t = next
	}
}

// throttle notes until when t, which is about to be put on that list, is to stay.
//
//go:norace
func (q *runqueue) throttle(t *Task, until int64) {
	if q.level[levelThrottled].n == 0 {
		q.soonest = until
	}
	t.until = until
	q.soonest = min(q.soonest, until)
}

// firstOf is first, but for tasks of groups whose quota is used up: those are
// throttled. c's lock is held.
//
//go:norace
func (c *vcpu) firstOf() *Task {
	for {
		t := c.first()
		if t == nil || t.level != rankFair || t.group.in == nil || !c.throttles(t) {
			return t
		}
	}
}

// throttles throttles t, of a group, if the quota is used up.
//
//go:norace
func (c *vcpu) throttles(t *Task) bool {
	until := t.group.in.until()
	if until == 0 {
		return false
	}
	c.leave(t)
	t.leaveGroup()
	c.throttle(t, until)
	t.level = levelThrottled
	c.enqueue(t, false)
	return true
}

// plan returns when c has to look at its queue again, whatever happens until then;
// 0: never. next is what it runs now, nil: nothing. c's lock is held.
//
//go:norace
func (c *vcpu) plan(next *Task) (when int64) {
	if c.level[levelThrottled].n != 0 {
		when = c.soonest
	}
	if next != nil && next.group.in != nil {
		if left := next.group.in.lasts(); left >= 0 {
			when = sooner(when, clock()+max(left, minCheck))
		}
	}
	if next != nil && next.level == rankDeadline && next.attrs.Policy == Deadline && next.node.Key == next.dl.at {
		when = sooner(when, clock()+next.dl.left)
	}
	if c.server.start != 0 && next != nil {
		when = sooner(when, clock()+c.server.next(c))
	}
	return when
}

//go:norace
func sooner(when, at int64) int64 {
	if when == 0 || at < when {
		return at
	}
	return when
}

// minCheck is how much later at least, in ns, a group's quota is looked at again.
const minCheck = 50_000

// deadlineOf and urgencyOf translate between a deadline and what package lock
// lends: a number that is higher the more urgent, and above any priority.
//
//go:norace
func deadlineOf(urgency int64) int64 { return 1<<62 - urgency }

//go:norace
func urgencyOf(deadline int64) int64 { return 1<<62 - deadline }

// Overruns returns how often the task has used up its Runtime before the end of
// its Period, and was, or would have been, throttled. Context: any. Linux:
// SCHED_FLAG_DL_OVERRUN.
//
//go:norace
func (t *Task) Overruns() uint64 {
	d := &t.dl
	n, charged := d.overruns, d.charged
	// One that has blocked is charged when it wakes.
	if left := d.left; t.prio == rankDeadline && t.lent.boost == 0 && d.begins == 0 && left > 0 && float64(t.Cycles()-charged) >= float64(left)*t.k.perNs {
		n++
	}
	return n
}
