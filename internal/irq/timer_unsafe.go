//go:build linux && amd64 && go1.25 && !go1.28

package irq

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/heap"
)

// A timer's state, protected by the lock of its CPU.
const (
	idle   = iota
	queued // in the heap
	due    // expired, on a list
)

// Timer is a timer with a callback.
type Timer struct {
	Context uint8
	Level   uint8       // of a Thread
	Fire    func() bool // the callback: whether to go on
	Race    uint32      // what the race detector knows the timer by
	User    any         // the function of users' that Fire calls, for reports

	node    Node
	lock    uint32 // see the package's comment
	c       *CPU   // where it was started last
	state   uint8
	running bool // the callback runs, on c
}

// Start has t expire on CPU c when Nanotime is when, instead of what was before;
// if its callback is running it stays with that one's CPU. Linux:
// hrtimer_start_range_ns().
func (t *Timer) Start(c *CPU, when int64) error {
	switch {
	case t.Context == Thread:
		if !c.ensureThread(t.Level) {
			return ErrShutdown
		}
	case !c.EnsureIRQ():
		return ErrShutdown
	}
	a := timerArgs{t: t, c: c, when: when}
	goport.CallOnG0(startOnG0, unsafe.Pointer(&a))
	if !a.ok {
		return ErrShutdown
	}
	return nil
}

type timerArgs struct {
	t    *Timer
	c    *CPU
	when int64
	ok   bool
	n    int
}

//go:norace
func startOnG0(p unsafe.Pointer) {
	a := (*timerArgs)(p)
	t := a.t
	acquire(&t.lock)
	c := a.c
	if old := t.c; old != nil {
		old.acquire()
		old.take(t)
		if t.running {
			c = old
		} else if old != c {
			old.release()
			old = nil
		}
		if old == nil {
			c.acquire()
		}
	} else {
		c.acquire()
	}
	if a.ok = !c.dead; a.ok {
		t.c, t.state = c, queued
		t.node.Key, t.node.Timer = a.when, t
		if c.insert(&t.node) {
			Kick(c)
		}
	}
	c.release()
	cpu.Release32(&t.lock, 0)
}

// take makes t idle if it waits, in the heap or expired, and reports whether it
// did. c is its CPU, whose lock is held.
//
//go:norace
func (c *CPU) take(t *Timer) bool {
	switch t.state {
	case idle:
		return false
	case queued:
		c.heap.Remove(&t.node.Node) // the POSIX timer expires in vain
		c.note()
	case due:
		c.dueOf(t.Context, t.Level).Remove(&t.node.Node)
	}
	t.state = idle
	return true
}

//go:norace
func (c *CPU) dueOf(context, level uint8) *heap.List {
	if context == Thread {
		return &c.threads[level].due
	}
	return &c.due[context]
}

// Cancel returns 1 if t waited, and does not any more, 0 if it was idle, and -1 if
// its callback is running. Linux: hrtimer_try_to_cancel().
func (t *Timer) Cancel() int {
	a := timerArgs{t: t}
	goport.CallOnG0(cancelOnG0, unsafe.Pointer(&a))
	return a.n
}

//go:norace
func cancelOnG0(p unsafe.Pointer) {
	a := (*timerArgs)(p)
	t := a.t
	acquire(&t.lock)
	if c := t.c; c != nil {
		c.acquire()
		switch {
		case t.running:
			a.n = -1
		case c.take(t):
			a.n = 1
		}
		c.release()
	}
	cpu.Release32(&t.lock, 0)
}

// Look reports whether t waits or its callback is running, and the latter.
func (t *Timer) Look() (active, running bool) {
	a := timerArgs{t: t}
	goport.CallOnG0(lookOnG0, unsafe.Pointer(&a))
	return a.ok, a.n != 0
}

//go:norace
func lookOnG0(p unsafe.Pointer) {
	a := (*timerArgs)(p)
	t := a.t
	acquire(&t.lock)
	if c := t.c; c != nil {
		c.acquire()
		a.ok = t.state != idle || t.running
		if t.running {
			a.n = 1
		}
		c.release()
	}
	cpu.Release32(&t.lock, 0)
}

// Begin takes the first expired timer of the context, whose callback the caller
// then runs, and calls End. It returns nil if there is none.
func (c *CPU) Begin(context, level int) *Timer {
	a := runArgs{c: c, context: uint8(context), level: uint8(level)}
	goport.CallOnG0(beginOnG0, unsafe.Pointer(&a))
	return a.t
}

type runArgs struct {
	c       *CPU
	t       *Timer
	w       *Work
	context uint8
	level   uint8
	again   bool
	ok      bool
}

//go:norace
func beginOnG0(p unsafe.Pointer) {
	a := (*runArgs)(p)
	a.c.acquire()
	if n := a.c.dueOf(a.context, a.level).First; n != nil {
		a.t = nodeOf(n).Timer
		a.c.take(a.t)
		a.t.running = true
	}
	a.c.release()
}

// End says that t's callback has returned. With again it goes on, unless it has
// been started meanwhile, when its When is.
func (c *CPU) End(t *Timer, again bool) {
	a := runArgs{c: c, t: t, again: again}
	goport.CallOnG0(endOnG0, unsafe.Pointer(&a))
}

//go:norace
func endOnG0(p unsafe.Pointer) {
	a := (*runArgs)(p)
	c, t := a.c, a.t
	c.acquire()
	t.running = false
	if a.again && t.state == idle && !c.dead {
		t.state = queued
		c.insert(&t.node) // here: a Kick is for others
	}
	c.release()
}

// When returns when t expires, or did. Context: if t may be starting, only a hint.
//
//go:norace
func (t *Timer) When() int64 { return t.node.Key }

// SetWhen says when t is to expire next, if it is idle, or runs its callback and has
// not been started meanwhile; else, for a list goes by it, it returns false.
func (t *Timer) SetWhen(when int64) bool {
	a := timerArgs{t: t, when: when}
	goport.CallOnG0(setWhenOnG0, unsafe.Pointer(&a))
	return a.ok
}

//go:norace
func setWhenOnG0(p unsafe.Pointer) {
	a := (*timerArgs)(p)
	t := a.t
	acquire(&t.lock)
	c := t.c
	if c != nil {
		c.acquire()
	}
	if a.ok = t.state == idle; a.ok {
		t.node.Key = a.when
	}
	if c != nil {
		c.release()
	}
	cpu.Release32(&t.lock, 0)
}

// CPU returns where t was started last, nil if nowhere. Context: any; a hint.
//
//go:norace
func (t *Timer) CPU() *CPU { return t.c }
