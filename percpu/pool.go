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
	batches sync.Pool // of *poolBatch[T]
	singles sync.Pool // of *T, put by ordinary goroutines
}

const (
	poolLen  = 32 // objects that a CPU keeps
	batchLen = poolLen / 2
)

// A poolList belongs to the tasks of its CPU, with preemption off, while busy is
// set and stop is not. See poolsweep.go for who sets stop.
type poolList[T any] struct {
	busy  uint32
	stop  uint32
	n     int
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
	if l := p.enter(); l != nil {
		if n := l.n - 1; n >= 0 {
			x := l.items[n]
			l.items[n] = nil
			l.n = n
			l.leave()
			raceGot(x)
			return x
		}
		l.leave()
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
	if l := p.enter(); l != nil {
		if n := l.n; n < poolLen {
			l.items[n] = x
			l.n = n + 1
			l.leave()
			return
		}
		l.leave()
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
	if l.busy == 0 { // else this is an interrupt
		l.busy = 1
		// No barrier of the processor's: who sets stop has all execute one.
		if atomic.LoadUint32(&l.stop) == 0 {
			return l
		}
		l.busy = 0
	}
	preempt.Enable()
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
			l.items[l.n] = b.items[b.n]
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
	l.items[l.n] = x
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
	b.items[b.n] = l.items[l.n]
	l.items[l.n] = nil
	b.n++
}
