package percpu

import (
	"sync"
	"sync/atomic"
	"weak"

	"github.com/gokern/gokern/preempt"
)

// Pool keeps objects for later use, as sync.Pool does, a list of them for each
// CPU. Get and Put of a task change the CPU's list with preemption off: no lock
// and no atomic operation, and no other task between. What is too much for one
// list goes on to the other CPUs, by the batch, through a sync.Pool; ordinary
// goroutines use that alone.
//
// Nothing keeps an object for good: after each garbage collection what is on the
// lists of the CPUs moves to that sync.Pool, which drops what two further
// collections find still unused. In all else it is as sync.Pool: any object may
// vanish, and a Put happens before the Get that returns the object.
type Pool[T any] struct {
	fresh   func() *T
	local   *Var[poolList[T]]
	lists   []slot[poolList[T]] // those of local that are found fastest
	batches sync.Pool           // of *poolBatch[T]
	singles sync.Pool           // of *T, put by ordinary goroutines
}

const (
	poolLen  = 32 // objects that a CPU keeps
	batchLen = poolLen / 2

	stopped = 1 << 31 // so that an index with it is out of range
)

// A poolList belongs to the tasks of its CPU, with preemption off, while busy is
// set and stop is not. See poolsweep.go for who sets stop.
type poolList[T any] struct {
	busy  uint32
	stop  uint32 // 0, or stopped
	n     uint32
	items [poolLen]*T
}

type poolBatch[T any] struct {
	n     int
	items [batchLen]*T
}

// NewPool returns a Pool whose Get calls fresh if there is no object. Context:
// may block.
func NewPool[T any](fresh func() *T) *Pool[T] {
	p := &Pool[T]{fresh: fresh, local: NewVar[poolList[T]]()}
	p.lists = p.local.cpus
	reference := weak.Make(p)
	sweepPool(func() sweeper {
		if p := reference.Value(); p != nil {
			return p
		}
		return nil
	})
	return p
}

// Get returns an object that was Put, or a fresh one. Context: any; an atomic one
// if fresh may be called in it.
//
//go:norace
func (p *Pool[T]) Get() *T {
	// enter and leave, written out: calls cost more than all the rest.
	if n := preempt.TryDisableCPU(); uint(n) < uint(len(p.lists)) {
		l := &p.lists[n].v
		l.busy = 1
		stop := atomic.LoadUint32(&l.stop) // before n: see poolsweep.go
		if i := l.n - 1; i|stop < poolLen {
			x := l.items[i%poolLen]
			l.items[i%poolLen] = nil
			l.n = i
			l.busy = 0
			preempt.Enable()
			raceGot(x)
			return x
		}
		l.busy = 0
		preempt.Enable()
	} else if n >= 0 {
		preempt.Enable()
	}
	return p.refill()
}

// Put gives x back: nobody uses it any more. Context: any.
//
//go:norace
func (p *Pool[T]) Put(x *T) {
	if x == nil {
		return
	}
	racePut(x)
	if n := preempt.TryDisableCPU(); uint(n) < uint(len(p.lists)) {
		l := &p.lists[n].v
		l.busy = 1
		stop := atomic.LoadUint32(&l.stop)
		if i := l.n; i|stop < poolLen {
			l.items[i%poolLen] = x
			l.n = i + 1
			l.busy = 0
			preempt.Enable()
			return
		}
		l.busy = 0
		preempt.Enable()
	} else if n >= 0 {
		preempt.Enable()
	}
	p.spill(x)
}

// enter begins a section on this CPU's list; leave ends it. Without a CPU, or
// while the list is not to be touched, it returns nil.
//
//go:norace
func (p *Pool[T]) enter() *poolList[T] {
	n := preempt.TryDisableCPU()
	if n < 0 {
		return nil
	}
	l := p.local.at(n)
	l.busy = 1
	// No barrier of the processor's: who sets stop has all CPUs execute one.
	if atomic.LoadUint32(&l.stop) == 0 {
		return l
	}
	l.leave()
	return nil
}

//go:norace
func (l *poolList[T]) leave() {
	l.busy = 0
	preempt.Enable()
}

// refill returns an object that is not on this CPU's list, and puts more there if
// there are.
//
//go:norace
func (p *Pool[T]) refill() *T {
	if preempt.InAtomic() {
		return p.fresh() // sync.Pool may block
	}
	if b, _ := p.batches.Get().(*poolBatch[T]); b != nil {
		b.n--
		x := b.items[b.n]
		l := p.enter()
		for b.n > 0 && l != nil && l.n < poolLen {
			b.n--
			l.items[l.n%poolLen] = b.items[b.n]
			l.n++
		}
		if l != nil {
			l.leave()
		}
		for b.n > 0 {
			b.n--
			p.singles.Put(b.items[b.n])
		}
		raceGot(x)
		return x
	}
	if x, _ := p.singles.Get().(*T); x != nil {
		raceGot(x)
		return x
	}
	return p.fresh()
}

// spill takes x where there is no room, or no list.
//
//go:norace
func (p *Pool[T]) spill(x *T) {
	if preempt.InAtomic() {
		return // sync.Pool may block: x is garbage
	}
	if RawCPU() < 0 {
		p.singles.Put(x)
		return
	}
	b := new(poolBatch[T]) // before the section, which must not allocate
	l := p.enter()
	if l == nil {
		p.singles.Put(x)
		return
	}
	for l.n > poolLen-batchLen {
		b.take(l)
	}
	l.items[l.n%poolLen] = x
	l.n++
	l.leave()
	if b.n > 0 {
		p.batches.Put(b)
	}
}

// take moves one object from l to b.
//
//go:norace
func (b *poolBatch[T]) take(l *poolList[T]) {
	l.n--
	b.items[b.n] = l.items[l.n%poolLen]
	l.items[l.n%poolLen] = nil
	b.n++
}
