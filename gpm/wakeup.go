//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"time"

	"github.com/gokern/gokern/internal/cpu"
)

// wakeUp is a WakeUp as the kernel notes it: time-stamp counts. The waker writes the first
// two, and clears the others, while the task is off its CPU; they are read by the task.
type wakeUp struct {
	woken, queued, picked, ran uint64
	by                         int32
}

// LastWakeUp returns the calling task's last wake-up, and whether there has been one since
// n was registered: a wait that was over at once is none. Context: the task that has
// registered n. Linux: perf sched latency, for one wake-up.
func (n *PreemptNotifier) LastWakeUp() (w WakeUp, ok bool) {
	if n.task == nil || n.task != current() || n.woken == 0 {
		return w, false
	}
	k := n.task.k
	cycles, at := now()
	ns := float64(at.Sub(k.bootTime)) / float64(cycles-k.bootCycles)
	when := func(c uint64) time.Time { return at.Add(-time.Duration(float64(int64(cycles-c)) * ns)) }
	return WakeUp{Woken: when(n.woken), Queued: when(n.queued), Picked: when(max(n.picked, n.queued)), Ran: when(n.ran), By: int(n.by)}, true
}

// noteWoken notes that t has become runnable. here is the CPU of who made it so.
//
//go:norace
func (t *Task) noteWoken(here *cpu.Block) {
	by, now := int32(-1), cpu.Cycles()
	if here != nil {
		by = here.ID
	}
	for n := t.notifiers; n != nil; n = n.next {
		n.woken, n.queued, n.ran, n.by = now, now, 0, by
	}
}

// noteQueued notes that t, which has been woken, is on a queue, whose lock is held.
//
//go:norace
func (t *Task) noteQueued() {
	for n := t.notifiers; n != nil; n = n.next {
		if n.ran == 0 {
			n.queued = cpu.Cycles()
		}
	}
}
