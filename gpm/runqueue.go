//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math/bits"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/heap"
	"github.com/gokern/gokern/internal/irq"
	"golang.org/x/sys/unix"
)

// Ranks: who has the higher one runs. Those of FIFO and RR tasks are their
// priorities, from 1 to 99.
const (
	rankFair     = 0 // Normal, Batch and Idle; see fair.go
	rankDeadline = MaxPriority + 1
	rankStop     = irq.LevelStop // the kernel's own
	rankIRQ      = irq.LevelIRQ

	levelThrottled = rankIRQ + 1 // no rank: Deadline tasks without a budget
	levels         = levelThrottled + 1
)

// runqueue holds the tasks that wait for one CPU: a list for each rank and a
// bitmap of those that are not empty, so that a pick costs the same however many
// wait. Protected by lock, which is taken on g0 only: its holder cannot be
// preempted, but the host may take the thread away, so a long wait yields.
type runqueue struct {
	// What a waker on another CPU looks at is in few cache lines, of which the first
	// begins with the block's words for other threads.
	lock    uint32
	nr      int32
	number  uint32 // of the CPU, plus 1
	curPrio int32  // the rank of what the CPU runs, -1 when it is idle
	bitmap  [2]uint64
	curAt   int64  // the deadline of what runs, if its rank is that
	down    uint32 // cpuOnline or not

	fair // what more there is to level 0

	deadlines heap.Heap // the tasks of rankDeadline, by their deadlines
	soonest   int64     // when the first of those that are throttled may run again

	level [levels]struct {
		head, tail *Task
		n          int32
	}
}

// putting is why a task is put on a queue.
type putting int

const (
	putNew   putting = iota // it was woken
	putMoved                // it has not been blocked, but comes from elsewhere, or was stopped by the collector
	putRest                 // it loses the CPU, and goes on with the rest of its slice
	putEnd                  // its slice has ended
	putYield                // it lets others run
)

//go:norace
func (q *runqueue) acquire() {
	if !cpu.Cas32(&q.lock, 0, 1) {
		q.spin()
	}
}

//go:norace
func (q *runqueue) spin() {
	for spins := 0; cpu.Load32(&q.lock) != 0 || !cpu.Cas32(&q.lock, 0, 1); spins++ {
		if spins < 200 {
			cpu.Pause()
		} else {
			cpu.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0, 0, 0, 0)
		}
	}
}

//go:norace
func (q *runqueue) tryAcquire() bool { return cpu.Load32(&q.lock) == 0 && cpu.Cas32(&q.lock, 0, 1) }

//go:norace
func (q *runqueue) release() { cpu.Release32(&q.lock, 0) }

// put adds t at the end of its rank's list, with a new slice, or at the head, with
// what is left of the one it has begun. The order of Normal and Deadline tasks is
// another: EEVDF's and EDF's.
//
//go:norace
func (q *runqueue) put(t *Task, how putting) {
	p := t.prio
	front, lowered := false, t.lowered
	if lowered {
		t.lowered = false
	}
	switch {
	case p != rankFair:
		if t.clock != 0 || t.lag != 0 {
			t.clock, t.lag = 0, 0
		}
		front = how == putRest || lowered
		t.leaveGroup()
		if p == rankDeadline && !q.enterDeadline(t, how) {
			p = levelThrottled
		}
	case t.clock == q.number && how != putNew && how != putMoved:
		q.resume(t, how)
	default:
		q.place(t)
	}
	t.level = p
	if how != putRest {
		t.used = 0
	}
	q.enqueue(t, front)
}

// enqueue adds t to the list of its level.
//
//go:norace
func (q *runqueue) enqueue(t *Task, front bool) {
	p := t.level
	if p == rankFair {
		q.join(t)
	}
	l := &q.level[p]
	switch {
	case l.head == nil:
		l.head, l.tail = t, t
		if p != levelThrottled {
			q.bitmap[p/64] |= 1 << (p % 64)
		}
	case front:
		t.next = l.head
		l.head.prev = t
		l.head = t
	default:
		t.prev = l.tail
		l.tail.next = t
		l.tail = t
	}
	l.n++
	if p != levelThrottled {
		q.nr++
	}
	t.on = q.number
	if g := t.group.in; g != nil && p == rankFair {
		g.waits(t, q.number-1, 1)
	}
}

// remove takes t out, to run here. It is leave otherwise.
//
//go:norace
func (q *runqueue) remove(t *Task) {
	l := &q.level[t.level]
	if t.prev == nil {
		l.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.next, t.prev = nil, nil
	l.n--
	t.on = 0
	if t.level == levelThrottled {
		return
	}
	q.nr--
	if l.head == nil {
		q.bitmap[t.level/64] &^= 1 << (t.level % 64)
	}
	switch t.level {
	case rankFair:
		q.part(t)
		if g := t.group.in; g != nil {
			g.waits(t, q.number-1, -1)
		}
	case rankDeadline:
		q.deadlines.Remove(&t.node)
	}
}

// top returns the highest priority that has a task, -1 if none has.
//
//go:norace
func (q *runqueue) top() int32 {
	if w := q.bitmap[1]; w != 0 {
		return int32(127 - bits.LeadingZeros64(w))
	}
	if w := q.bitmap[0]; w != 0 {
		return int32(63 - bits.LeadingZeros64(w))
	}
	return -1
}

// first returns the task to run next, nil if there is none.
//
//go:norace
func (q *runqueue) first() *Task {
	p := q.top()
	switch {
	case p == rankDeadline:
		return taskOfNode(q.deadlines.First)
	case p > rankFair:
		return q.level[p].head
	case p == rankFair:
		return q.firstFair()
	}
	return nil
}

// oldest returns the task of the highest priority that was queued first, nil if
// there is none. It needs no lock, for a hint.
//
//go:norace
func (q *runqueue) oldest() *Task {
	if p := q.top(); p >= 0 {
		return q.level[p].head
	}
	return nil
}
