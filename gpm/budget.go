//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "github.com/gokern/gokern/internal/cpu"

// The budget of a Deadline task, by Linux's CBS: Runtime, until its deadline, in each
// Period. A Period begins when the task wakes and the last one is over, or, of a task
// that has used its budget up, when the last one ends. One that wakes earlier has what is
// left of the budget, but no more than its share of the time that is left until the
// deadline; where Deadline is the Period it begins a new one instead. One that
// wakes after its deadline but before the Period ends has to wait for that: else it
// would have a budget in each Deadline.

// deadlineTask is a task's part.
type deadlineTask struct {
	at       int64    // the absolute deadline
	next     int64    // when the next period begins
	left     int64    // of the budget, ns
	charged  int64    // cycles that have been taken from it
	overruns uint64   // how often the budget was used up
	begins   uint32   // 1: SetAttr has just made it one
	had      *promise // what it was promised when it was one last
}

// charge takes what t has run from its budget, and counts an overrun when it has used
// that up, once: under some preemption models it may go on.
//
//go:norace
func (d *deadlineTask) charge(t *Task) {
	n := t.Cycles()
	before := d.left
	d.left -= int64(float64(n-d.charged) / t.k.perNs)
	d.charged = n
	if before > 0 && d.left <= 0 {
		d.overruns++
		cpu.Add64(&t.k.cpus[max(0, t.last)].exceeded, 1)
	}
}

// begin begins a period.
//
//go:norace
func (d *deadlineTask) begin(a *attrs, now int64) {
	d.at, d.next, d.left = now+a.deadline, now+a.period, a.runtime
}

// comes is called when the task wakes, or has just become a Deadline task. It is to be throttled
// if nothing is left then. Linux: update_dl_entity().
//
//go:norace
func (d *deadlineTask) comes(a *attrs, now int64) {
	switch over, rest := now-d.next >= 0, d.at-now; {
	case d.left <= 0:
		if over {
			d.renew(a, now)
		}
	case over:
		d.begin(a, now)
	case rest <= 0:
		d.left = 0 // dl_check_constrained_dl()
	case float64(d.left)*float64(a.deadline) <= float64(rest)*float64(a.runtime):
	case a.deadline == a.period && d.at == d.next:
		d.begin(a, now)
	default:
		d.left = int64(float64(rest) * float64(a.runtime) / float64(a.deadline)) // update_dl_revised_wakeup()
	}
}

// renew gives the task, whose next period has begun, the budgets of as many as it takes
// to pay what it has used too much. Linux: replenish_dl_entity().
//
//go:norace
func (d *deadlineTask) renew(a *attrs, now int64) {
	if d.left <= 0 {
		n := -d.left/a.runtime + 1
		d.left += n * a.runtime
		begin := d.next + (n-1)*a.period
		d.at, d.next = begin+a.deadline, begin+a.period
	}
	if d.at-now <= 0 { // far behind
		d.begin(a, now)
	}
}
