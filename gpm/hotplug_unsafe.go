//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// plugArgs is what code on g0 gets from Offline and Online, and answers. It is not
// instrumented.
type plugArgs struct {
	k      *Kernel
	c      *vcpu
	refuse error
	done   bool

	broken int // tasks whose affinity Offline has broken
	first  int64
	name   string

	before int64 // Online has looked at all tasks but those with smaller numbers
	home   [32]*Task
}

//go:norace
func newPlugArgs(k *Kernel, id int) *plugArgs {
	return &plugArgs{k: k, c: k.cpus[id], before: math.MaxInt64}
}

//go:norace
func (a *plugArgs) err() error { return a.refuse }

//go:norace
func (a *plugArgs) isDone() bool { return a.done }

//go:norace
func (a *plugArgs) strays() (n int, first int64, name string) { return a.broken, a.first, a.name }

// offlineOnG0 has no task come to the CPU any more. k.hotplug is held, so nobody
// else changes what it looks at.
//
//go:norace
func offlineOnG0(p unsafe.Pointer) {
	a := arg[plugArgs](p)
	k, c := a.k, a.c
	k.lockList() // for what is promised
	left := k.cpusLen - int(k.downs) - 1
	switch {
	case c.down == cpuOffline:
		a.done = true
	case left == 0:
		a.refuse = ErrLastCPU
	case k.promisedNow() > int64(left)*bandwidthOfCPU:
		a.refuse = ErrBandwidth
	default:
		cpu.AddU32(&k.downs, 1)
		k.online.clear(c.ID)
	}
	k.unlockList()
	if a.done || a.refuse != nil {
		return
	}
	c.acquire()
	c.down = cpuLeaving
	c.release()
	k.idle.clear(c.ID)
}

// evictOnG0 moves what may be moved from the CPU, and marks it as offline if
// nothing is left that could run there. It is called again and again: the CPU may
// pick a task before it is moved, and another may have to end a section.
//
//go:norace
func evictOnG0(p unsafe.Pointer) {
	a := arg[plugArgs](p)
	c := a.c
	for range 64 { // not too many at once
		c.acquire()
		t := c.evictable()
		if t == nil {
			c.release()
			break
		}
		c.leave(t)
		c.countRT(t, -1)
		c.setWaiting()
		c.release()
		t.leaveGroup()
		wake(&t.Task)
	}
	c.acquire()
	busy := c.cur != nil || c.curPrio >= 0
	empty := !busy && c.nr == 0 && c.level[levelThrottled].n == 0
	if busy {
		c.Need = 1
	}
	self := &c.Block == cpu.This()
	c.release()
	switch {
	case busy && self:
		cpu.FoldNeed(&c.Block)
		goport.Poison(&c.Block)
	case busy:
		c.interrupt()
	case empty && a.nobodyStays():
		// Only a task that must stay on it could come to a CPU that leaves, and
		// there is none. Nor can there be: a section begins in a task that runs there.
		c.acquire()
		c.down = cpuOffline
		c.irq.SetOnline(false)
		c.release()
		c.kick() // to park
		a.done = true
	default:
		c.kick()
	}
}

// evictable returns a task that waits on c and may leave it, nil if there is none.
// c's lock is held.
//
//go:norace
func (c *vcpu) evictable() *Task {
	for p := range c.level {
		for t := c.level[p].head; t != nil; t = t.next {
			if !t.NoMigrate() && !t.ofCPU() {
				return t
			}
		}
	}
	return nil
}

// nobodyStays reports whether no task, blocked ones too, must stay on the CPU. If
// so, it counts those whose affinity is broken.
//
//go:norace
func (a *plugArgs) nobodyStays() bool {
	k, id := a.k, a.c.ID
	a.broken = 0
	k.lockList()
	for t := k.tasks; t != nil; t = t.nextT {
		if t.last == id && t.NoMigrate() {
			k.unlockList()
			return false
		}
		if k.broken(t.allowed, id) && !t.ofCPU() {
			if a.broken == 0 {
				a.first, a.name = t.id, t.attrs.Name
			}
			a.broken++
		}
	}
	k.unlockList()
	return true
}

// onlineOnG0 lets tasks come to the CPU again.
//
//go:norace
func onlineOnG0(p unsafe.Pointer) {
	a := arg[plugArgs](p)
	k, c := a.k, a.c
	c.acquire()
	if c.down == cpuOnline {
		a.done = true
		c.release()
		return
	}
	c.down = cpuOnline
	c.irq.SetOnline(true)
	if c.curPrio < 0 {
		k.idle.set(c.ID)
	}
	c.release()
	k.lockList()
	k.online.set(c.ID)
	cpu.AddU32(&k.downs, ^uint32(0))
	k.unlockList()
	c.kick() // there may be something to pull
}

// homeOnG0 has tasks come back whose affinity the CPU's absence had broken.
//
//go:norace
func homeOnG0(p unsafe.Pointer) {
	a := arg[plugArgs](p)
	k, id := a.k, a.c.ID
	n := 0
	k.lockList()
	for t := k.tasks; t != nil && n < len(a.home); t = t.nextT { // numbers fall
		if t.id < a.before && k.broken(t.allowed, id) && !t.ofCPU() {
			a.home[n] = t
			a.before = t.id
			n++
		}
	}
	k.unlockList()
	for _, t := range a.home[:n] {
		// Who is between two queues, or ends, is not waited for: it goes home when
		// it leaves its CPU the next time.
		for tries := 0; tries < 1000 && t.Running() != uint32(id)+1 && t.on != uint32(id)+1 && !t.replace(); tries++ {
			cpu.Pause()
		}
	}
	a.done = n < len(a.home)
}
