//go:build linux && amd64 && go1.25 && !go1.28

package irq

import (
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// CPU is what a virtual CPU has for interrupts.
type CPU struct {
	Counts Counts // written by the CPU itself, while it cannot be preempted

	b    *cpu.Block
	lock uint32
	dead bool // the kernel ends: nothing is accepted any more

	heap  Heap
	next  int64 // When of the first, never if there is none
	alarm int64 // see SetAlarm; only the CPU itself changes it, and with the lock

	due   [2]list // expired timers, Hard and Soft, whose callbacks have not begun
	works struct{ first, last *Work }

	irq, softirqd, stopper Worker
	threads                [MaxPriority + 1]*thread // of timers, by priority

	pending uint32 // softirqs that are raised; changed by locked instructions only
}

// thread runs the callbacks of a CPU's timers of one priority.
type thread struct {
	Worker
	due list
}

// Init makes c the CPU of block b.
//
//go:norace
func (c *CPU) Init(b *cpu.Block) { c.b, c.next = b, never }

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

// insert adds n to the heap, and sets the POSIX timer if it is the first; that
// works from any thread. If c's thread has changed the call fails, or that of
// another CPU's timer would have to have the old number again, which Linux gives
// after 2^31 others only; the new thread sets its own (HRDue). The lock is held.
//
//go:norace
func (c *CPU) insert(n *Node) (first bool) {
	if first = c.heap.Insert(n); first {
		c.next = n.When
		if c.alarm == 0 || n.When < c.alarm {
			goport.ArmAt(c.b.HRTimer, max(n.When, 1)) // 0 would stop it
		}
	}
	return first
}

// SetAlarm has the CPU pick again at when, by Nanotime, and for no other reason; 0:
// never. Context: g0 of c.
//
//go:norace
func (c *CPU) SetAlarm(when int64) {
	if when == c.alarm {
		return
	}
	c.acquire()
	c.alarm = when
	if c.next == never || when != 0 && when < c.next {
		goport.ArmAt(c.b.HRTimer, when) // 0 stops it: nobody would look on a CPU that is parked
	}
	c.release()
}

// Alarm returns what SetAlarm was last called with, 0 if that time has passed.
// Context: g0 of c, or its idle goroutine.
//
//go:norace
func (c *CPU) Alarm() int64 { return c.alarm }

// first returns when the POSIX timer is to expire. The lock is held.
//
//go:norace
func (c *CPU) first() int64 {
	if c.alarm != 0 {
		return min(c.alarm, c.next)
	}
	return c.next
}

// note keeps next right. The lock is held.
//
//go:norace
func (c *CPU) note() {
	c.next = never
	if c.heap.First != nil {
		c.next = c.heap.First.When
	}
}

// Expire does what is due: it wakes tasks that sleep, and has callbacks run. With
// arm the POSIX timer is set again in any case. Context: g0 of c, no lock held.
//
//go:norace
func (c *CPU) Expire(arm bool) {
	now := goport.Nanotime()
	c.acquire()
	interrupt := false
	for c.heap.First != nil && c.heap.First.When <= now {
		n := c.heap.Pop()
		arm = true
		if n.Timer == nil {
			n.Task.Ready()
			continue
		}
		t := n.Timer
		t.state = due
		switch t.Context {
		case Hard:
			c.due[Hard].add(n)
			interrupt = true
		case Soft:
			c.due[Soft].add(n)
			c.setPending(1 << HRTimerSoftIRQ)
			interrupt = true
		default:
			th := c.threads[t.Level]
			th.due.add(n)
			c.wake(&th.Worker)
		}
	}
	c.note()
	if arm {
		if c.alarm <= now {
			c.alarm = 0 // the pick that we are in sets it again
		}
		if when := c.first(); when != never {
			goport.ArmAt(c.b.HRTimer, max(when, 1))
		}
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
