//go:build linux && amd64 && go1.25 && !go1.28

package irq

import (
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/heap"
)

// CPU is what a virtual CPU has for interrupts.
type CPU struct {
	Counts Counts // written by the CPU itself, while it cannot be preempted

	b    *cpu.Block
	seat goport.Seat // how signal handlers find it
	lock uint32
	dead bool // the kernel ends: nothing is accepted any more
	off  uint32

	heap  heap.Heap
	next  int64 // Key of the first, never if there is none
	armed int64 // when the POSIX timer expires; 0: it does not
	alarm int64 // see SetAlarm; the CPU's own

	due   [2]heap.List // expired timers, Hard and Soft, whose callbacks have not begun
	works struct{ first, last *Work }

	irq, softirqd, stopper Worker
	threads                [MaxPriority + 1]*thread // of timers, by priority

	pending uint32 // softirqs that are raised; changed by locked instructions only
}

// thread runs the callbacks of a CPU's timers of one priority.
type thread struct {
	Worker
	due heap.List
}

// Init makes c the CPU of block b, whose idle goroutine and thread those words are
// about.
//
//go:norace
func (c *CPU) Init(b *cpu.Block, idle *uint32, thread *int32) {
	c.b, c.next = b, never
	c.seat.Init(b, idle, thread)
}

//go:norace
func (c *CPU) acquire() { acquire(&c.lock) }

//go:norace
func (c *CPU) release() { cpu.Release32(&c.lock, 0) }

//go:norace
func acquire(lock *uint32) {
	for spins := 0; !cpu.Cas32(lock, 0, 1); spins++ {
		if spins < 200 {
			cpu.Pause()
		} else {
			cpu.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0, 0, 0, 0) // Linux has taken the holder's thread away
		}
	}
}

// Next returns when the first timer expires, a time that never comes if there is
// none. It may be changing. Context: any.
//
//go:norace
func (c *CPU) Next() int64 { return c.next }

// Sleep adds n, of a task that has just blocked on this CPU. Context: g0 of c.
//
//go:norace
func (c *CPU) Sleep(n *Node) {
	c.acquire()
	c.insert(n)
	c.release()
}

// insert adds n to the heap, and sets the POSIX timer if it is the first. The lock
// is held.
//
//go:norace
func (c *CPU) insert(n *Node) (first bool) {
	if first = c.heap.Insert(&n.Node); first {
		c.next = n.Key
		c.expireAt(n.Key)
	}
	return first
}

// expireAt has the POSIX timer expire at when, if it is not to expire before. It may
// then expire for nothing, for all timers can be stopped and put off; to set it back
// each time would be a system call. That works from any thread: if c's has changed
// the call fails, or that of another CPU's timer would have to have the old number
// again, which Linux gives after 2^31 others only; the new thread sets its own
// (HRDue). The lock is held.
//
//go:norace
func (c *CPU) expireAt(when int64) {
	if c.armed == 0 || when < c.armed {
		c.armed = max(when, 1) // 0 would stop it
		goport.ArmAt(c.b.HRTimer, c.armed)
	}
}

// Still reports whether no timer is set, nor one to be set, nor an alarm. Context: g0
// of c.
//
//go:norace
func (c *CPU) Still() bool { return c.next == never && c.armed|c.alarm == 0 }

// SetAlarm has the CPU pick again at when, by Nanotime, at also, and when its first
// timer expires; 0: never. Context: g0 of c.
//
//go:norace
func (c *CPU) SetAlarm(when, also int64) {
	c.alarm = when
	at := c.next // who makes it sooner, at this moment, sets the POSIX timer
	if when != 0 {
		at = min(at, when)
	}
	if also != 0 {
		at = min(at, also)
	}
	if armed := c.armed; at == never && armed == 0 || at != never && armed != 0 && armed <= at {
		return
	}
	c.acquire()
	if at = min(at, c.next); at == never {
		c.disarm()
	} else {
		c.expireAt(at)
	}
	c.release()
}

// Disarm stops the POSIX timer until the next SetAlarm, of a CPU that is to park:
// nobody would look there. Context: g0 of c.
//
//go:norace
func (c *CPU) Disarm() {
	c.acquire()
	c.disarm()
	c.release()
}

//go:norace
func (c *CPU) disarm() {
	if c.armed != 0 {
		c.armed = 0
		goport.ArmAt(c.b.HRTimer, 0)
	}
}

// Alarm returns what SetAlarm was last called with, 0 if that time has passed.
// Context: g0 of c, or its idle goroutine.
//
//go:norace
func (c *CPU) Alarm() int64 { return c.alarm }

// note keeps next right. The lock is held.
//
//go:norace
func (c *CPU) note() {
	c.next = never
	if c.heap.First != nil {
		c.next = c.heap.First.Key
	}
}

// Expire does what is due: it wakes tasks that sleep, and has callbacks run. fired:
// the POSIX timer has expired, or is new; SetAlarm sets it again. Context: g0 of c,
// no lock held.
//
//go:norace
func (c *CPU) Expire(fired bool) {
	now := goport.Nanotime()
	c.acquire()
	if fired {
		c.armed = 0
	}
	interrupt := false
	for c.heap.First != nil && c.heap.First.Key <= now {
		n := nodeOf(c.heap.First)
		c.heap.Remove(&n.Node)
		if n.Timer == nil {
			n.Task.Ready()
			continue
		}
		t := n.Timer
		t.state = due
		switch t.Context {
		case Hard:
			c.due[Hard].Add(&n.Node)
			interrupt = true
		case Soft:
			c.due[Soft].Add(&n.Node)
			c.setPending(1 << HRTimerSoftIRQ)
			interrupt = true
		default:
			th := c.threads[t.Level]
			th.due.Add(&n.Node)
			c.wake(&th.Worker)
		}
	}
	c.note()
	if c.alarm <= now {
		c.alarm = 0 // the pick that we are in sets it again
	}
	if interrupt {
		c.wake(&c.irq)
	}
	c.release()
}

// setPending raises the softirqs in bits. Context: any.
//
//go:norace
func (c *CPU) setPending(bits uint32) {
	for {
		old := cpu.Load32(&c.pending)
		if old|bits == old || cpu.Cas32(&c.pending, old, old|bits) {
			return
		}
	}
}

// Raise raises softirq nr, and leaves it to the caller to see that it is served.
// Context: any.
//
//go:norace
func (c *CPU) Raise(nr int) { c.setPending(1 << nr) }

// Pending returns the softirqs that are raised.
//
//go:norace
func (c *CPU) Pending() uint32 { return cpu.Load32(&c.pending) }

// TakePending returns them, and they are raised no more.
//
//go:norace
func (c *CPU) TakePending() uint32 { return cpu.Xchg32(&c.pending, 0) }

// PendingWord is what the race detector knows the raising of softirqs by.
func (c *CPU) PendingWord() *uint32 { return &c.pending }

// SetOnline says whether the CPU is online. Context: any.
//
//go:norace
func (c *CPU) SetOnline(online bool) {
	off := uint32(1)
	if online {
		off = 0
	}
	cpu.Store32(&c.off, off)
}

// Online reports whether the CPU is online, where that may change at once.
//
//go:norace
func (c *CPU) Online() bool { return cpu.Load32(&c.off) == 0 }

// ID returns the CPU's number.
//
//go:norace
func (c *CPU) ID() int { return int(c.b.ID) }

// Block returns the CPU's block.
//
//go:norace
func (c *CPU) Block() *cpu.Block { return c.b }

// Device returns what the CPU's interrupt handler has counted.
//
//go:norace
func (c *CPU) Device() Device { return Device{c.b.Ticks, c.b.HRIRQs, c.b.IPIs, c.b.Masked} }
