package workqueue

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/irq"
)

// mu protects all that says so. Only tasks and ordinary goroutines take it, never an
// interrupt.
var mu sync.Mutex

// kernel is what there is for one Boot.
type kernel struct {
	number  uint64
	cpus    []*irq.CPU
	bound   [][2]pool // by CPU
	unbound [2]pool
	users   map[*Workqueue]*use // protected by mu
	dead    atomic.Bool         // it has ended
}

var (
	current atomic.Pointer[kernel]
	kernels atomic.Uint64
)

// use is what a kernel knows of a queue. Protected by mu.
type use struct {
	seq      uint64   // items so far
	live     []uint64 // the numbers of those that are not finished, in order
	flushers []flusher
}

type flusher struct {
	seq  uint64 // waits for the items up to this
	done chan struct{}
}

// running returns the running kernel's, nil if there is none. Context: any.
func running() *kernel {
	k := current.Load() // before: a kernel that has ended meanwhile must not replace a newer one's
	all := irq.All()
	if all == nil || k != nil && len(k.cpus) > 0 && k.cpus[0] == all[0] {
		if all == nil {
			return nil
		}
		return k
	}
	n := &kernel{number: kernels.Inc(), cpus: all, bound: make([][2]pool, len(all)), users: map[*Workqueue]*use{}}
	for i, c := range all {
		for high := range n.bound[i] {
			n.bound[i][high].init(n, c, high)
		}
	}
	for high := range n.unbound {
		n.unbound[high].init(n, nil, high)
	}
	if current.CompareAndSwap(k, n) {
		return n
	}
	return running()
}

// A pool's manager.
const (
	managerNone = iota
	managerRuns
	managerDead // the kernel ends: no more
)

// pool is a set of workers for one CPU, or for all.
type pool struct {
	k     *kernel
	cpu   *irq.CPU // nil: any
	level int
	watch irq.Watch
	inbox atomic.Pointer[item]

	manager atomic.Uint32
	ended   chan struct{} // the manager has

	// Protected by mu.
	quit    bool
	ready   list // items that may be executed
	workers []*worker
	idle    []*worker // the last has been so for the shortest time
	pwqs    map[*Workqueue]*pwq
	timer   *time.Timer // wakes the manager to end idle workers
}

// pwq is a queue in a pool. Linux: struct pool_workqueue.
type pwq struct {
	active   int
	inactive list // items that wait for others of the queue
}

const niceHigh = -20 // Linux: HIGHPRI_NICE_LEVEL

func (p *pool) init(k *kernel, c *irq.CPU, high int) {
	p.k, p.cpu, p.level = k, c, high*niceHigh
	p.ended, p.pwqs = make(chan struct{}), map[*Workqueue]*pwq{}
}

// start has the manager there, and reports whether the kernel goes on. Context: any.
func (p *pool) start() bool {
	if p.manager.Load() == managerNone && p.manager.CompareAndSwap(managerNone, managerRuns) {
		irq.SpawnWorker(p.cpu, p.level, p.name("manager"), nil, p.manage)
	}
	return p.manager.Load() == managerRuns
}

// name is for the tasks. Linux: kworker/0:1H.
func (p *pool) name(what string) string {
	at, high := "u", ""
	if p.cpu != nil {
		at = fmt.Sprint(p.cpu.ID())
	}
	if p.level != 0 {
		high = "H"
	}
	return "kworker/" + at + high + ":" + what
}

// manage is the manager.
func (p *pool) manage() {
	defer close(p.ended)
	for {
		p.watch.Sleep()
		mu.Lock()
		if p.quit {
			p.end()
			mu.Unlock()
			return
		}
		p.watch.Want(true) // before the workers are looked at
		p.takeIn()
		for p.ready.first != nil && p.room() {
			it := p.dispatch()
			if it == nil {
				break
			}
			p.hand(it)
		}
		p.watch.Want(p.ready.first != nil)
		p.reap()
		mu.Unlock()
	}
}

// room reports whether one more worker may run: in an unbound pool always, in a bound
// one if all that are busy are blocked. mu is held. Linux: need_more_worker().
func (p *pool) room() bool {
	if p.cpu == nil {
		return true
	}
	for _, w := range p.workers {
		if w.busy && !w.isBlocked() {
			return false
		}
	}
	return true
}

// accept takes an item that has been queued: it is ready, or waits for others of its
// queue. mu is held.
func (p *pool) accept(it *item) {
	u := p.k.use(it.wq)
	u.seq++
	it.seq = u.seq
	u.live = append(u.live, it.seq)
	it.work.queued = it
	q := p.pwqs[it.wq]
	if q == nil {
		q = &pwq{}
		p.pwqs[it.wq] = q
	}
	it.q = q
	if q.active < it.wq.maxActive && q.inactive.first == nil {
		q.active++
		it.active = true
		p.ready.add(it)
	} else {
		q.inactive.add(it)
	}
}

func (k *kernel) use(wq *Workqueue) *use {
	u := k.users[wq]
	if u == nil {
		u = &use{}
		k.users[wq] = u
	}
	return u
}

// dispatch takes the next item that can be executed. One whose work is being executed
// already, by whatever worker, goes to that one. mu is held.
func (p *pool) dispatch() *item {
	for {
		it := p.ready.take()
		if it == nil {
			return nil
		}
		w := it.work.running
		if w == nil {
			return it
		}
		w.scheduled.add(it)
	}
}

// finished says that the item is no more: executed, or cancelled. Another of its queue
// may be ready now. mu is held.
func (it *item) finished() {
	p := it.pool
	if it.active {
		it.active = false
		q := it.q
		q.active--
		if next := q.inactive.take(); next != nil {
			q.active++
			next.active = true
			p.ready.add(next)
		}
	}
	u := p.k.use(it.wq)
	for i, seq := range u.live {
		if seq == it.seq {
			u.live = append(u.live[:i], u.live[i+1:]...)
			break
		}
	}
	u.wake()
	if it.wq.destroyed.Load() {
		p.k.forget(it.wq)
	}
}

// forget forgets what is idle of a queue that is destroyed: what was on its way into
// it meanwhile is still executed. mu is held.
func (k *kernel) forget(wq *Workqueue) {
	if u := k.users[wq]; u != nil && len(u.live) == 0 {
		delete(k.users, wq)
	}
	for _, p := range k.pools() {
		if q := p.pwqs[wq]; q != nil && q.active == 0 && q.inactive.first == nil {
			delete(p.pwqs, wq)
		}
	}
}

// wake wakes the flushers that have nothing to wait for. mu is held.
func (u *use) wake() {
	rest := u.flushers[:0]
	for _, f := range u.flushers {
		if len(u.live) == 0 || u.live[0] > f.seq {
			close(f.done)
		} else {
			rest = append(rest, f)
		}
	}
	clear(u.flushers[len(rest):])
	u.flushers = rest
}

// takeAll is takeIn for all pools. mu is held.
func (k *kernel) takeAll() {
	for _, p := range k.pools() {
		p.takeIn()
		if p.ready.first != nil {
			p.watch.Wake() // its manager has not seen it
		}
	}
}

func (k *kernel) pools() (all []*pool) {
	for i := range k.bound {
		all = append(all, &k.bound[i][0], &k.bound[i][1])
	}
	return append(all, &k.unbound[0], &k.unbound[1])
}
