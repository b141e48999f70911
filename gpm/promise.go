//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/heap"
)

// Admission: what Deadline tasks have been promised, together, the CPUs can keep.
//
// A task that ends, or becomes something else, may have had its whole budget a moment
// ago, and some new one that was promised the same would have another in the same
// period. So what it was promised is free only at its 0-lag time: when it would have
// had to wait until to have had no more than its share. That is the end of its
// period less the time for which what is left of the budget is its share (Linux: the
// inactive timer; it counts from the deadline, which is too early where that comes before
// the end of the period). If it becomes a Deadline task again before that, it gets it back.
//
// What SetAttr takes from one that stays a Deadline task is free at once, as in Linux.

// bandwidth is how much of one CPU Deadline tasks may be promised, and a share of
// a CPU in general, in units of 2^-20. Linux: sched_rt_runtime_us.
const (
	bandwidthUnit  = 1 << 20
	bandwidthOfCPU = bandwidthUnit * 95 / 100
)

// promise is what a Deadline task was promised, once the task is none any more. It does
// not keep the task alive. Each task's attrs have one of their own.
type promise struct {
	node      heap.Node // first; by when it is over; on the kernel's heap
	bandwidth int64     // 0: it is on no heap
}

// reserve takes what a promises from the bandwidth that is left, and reports
// whether there was enough. t has old until now; nil: it is to be a new task.
// listLock is held. Linux: sched_dl_overflow().
//
//go:norace
func (k *Kernel) reserve(t *Task, a, old *attrs) bool {
	if a.bandwidth == 0 {
		if old != nil && old.bandwidth != 0 {
			k.lingers(t)
		}
		return true
	}
	n := k.promisedNow() + a.bandwidth
	var p *promise
	if old != nil {
		n -= old.bandwidth
		if p = t.dl.had; p != nil {
			n -= p.bandwidth
		}
	}
	if n > int64(k.cpusLen-int(k.downs))*bandwidthOfCPU {
		return false
	}
	if p != nil {
		if p.bandwidth != 0 {
			k.lingering.Remove(&p.node)
			p.bandwidth = 0
		}
		t.dl.had = nil
	}
	k.promised = n
	return true
}

// promisedNow returns what is promised, and forgets what is no more. listLock is held.
//
//go:norace
func (k *Kernel) promisedNow() int64 {
	if k.lingering.First == nil {
		return k.promised
	}
	now := clock()
	for n := k.lingering.First; n != nil && n.Key-now <= 0; n = k.lingering.First {
		p := promiseOf(n)
		k.lingering.Remove(n)
		k.promised -= p.bandwidth
		p.bandwidth = 0
	}
	return k.promised
}

// lingers keeps what t, a Deadline task that is about to be none any more, was promised
// until its 0-lag time. listLock is held.
//
//go:norace
func (k *Kernel) lingers(t *Task) {
	a, d := t.attrs, &t.dl
	// Who queues t at this moment charges it too, by the same.
	if d.begins == 0 {
		d.charge(t)
		if n := t.Running(); n != 0 && k.cpus[n-1].cur == t {
			// What it has run since it has the CPU is not in Cycles yet.
			if ran := int64(cpu.Cycles() - k.cpus[n-1].SliceStart); ran > 0 {
				d.left -= int64(float64(ran) / k.perNs)
			}
		}
	}
	p := a.promise
	p.bandwidth = a.bandwidth
	p.node.Key = d.zeroLag(a)
	k.lingering.Insert(&p.node)
	d.had = p
}

// zeroLag returns when the task has had no more than its share.
//
//go:norace
func (d *deadlineTask) zeroLag(a *attrs) int64 {
	return d.next - int64(float64(d.left)*float64(a.period)/float64(a.runtime))
}
