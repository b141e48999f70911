package workqueue

import (
	"strconv"
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
)

// worker is a task that executes items.
type worker struct {
	p       *pool
	items   chan *item // what it is to execute next; closed: it ends
	ended   chan struct{}
	blocked func() bool

	// Protected by mu.
	busy      bool
	scheduled list // items that it must execute, for it executes their work already
	since     time.Time

	runs atomic.Bool               // it has taken its item; its own
	wq   atomic.Pointer[Workqueue] // whose item it executes; its own
}

// idleTimeout is how long a worker may be idle before it ends.
var idleTimeout = 5 * time.Second

var workerNumber int // protected by mu

// hand has an idle worker, or a new one, execute it. mu is held.
func (p *pool) hand(it *item) {
	var w *worker
	if n := len(p.idle); n > 0 {
		w = p.idle[n-1]
		p.idle = p.idle[:n-1]
	} else {
		workerNumber++
		w = &worker{p: p, items: make(chan *item, 1), ended: make(chan struct{})}
		p.workers = append(p.workers, w)
		w.blocked = irq.SpawnWorker(p.cpu, p.level, p.name(strconv.Itoa(workerNumber)), &p.watch, w.main)
	}
	w.begin(it)
	w.items <- it // there is room: it is idle
}

// isBlocked reports whether w's task is blocked, and not about to start its item.
// mu is held.
func (w *worker) isBlocked() bool { return w.runs.Load() && w.blocked() }

// begin notes that w executes it. mu is held.
func (w *worker) begin(it *item) {
	w.busy = true
	it.work.running = w
	it.work.begun++
	it.work.queued = nil
	it.work.unclaim(it.pool.k.number) // from here on it may be queued again
}

// main is the worker.
func (w *worker) main() {
	defer close(w.ended)
	task := any(cpu.Current())
	executing.Store(task, w)
	defer executing.Delete(task)
	returned := false
	defer irq.CheckReturn(&returned)
	for it := range w.items {
		w.runs.Store(true)
		for it != nil {
			w.wq.Store(it.wq)
			it.work.fn(it.work)
			irq.CheckTask("a work function", it.work.user)
			it = w.next(it)
		}
	}
	returned = true
}

// executing are the workers, by their tasks. To load from it takes no lock.
var executing sync.Map

// self returns the worker that the caller is, nil if it is none.
func self() *worker {
	if task := cpu.Current(); task != nil {
		if w, ok := executing.Load(any(task)); ok {
			return w.(*worker)
		}
	}
	return nil
}

// next notes that it has been executed, and returns the item that w is to execute
// next; nil: w is idle.
func (w *worker) next(it *item) *item {
	mu.Lock()
	defer mu.Unlock()
	p := w.p
	it.work.running = nil
	it.work.ended++
	it.finished()
	it.work.wakeWaiters()
	if it.pool != p {
		it.pool.watch.Wake()
	}
	w.busy = false
	var next *item
	if !p.quit {
		if next = w.scheduled.take(); next == nil {
			p.takeIn()
			if p.room() {
				next = p.dispatch()
			}
		}
	}
	if next != nil {
		w.begin(next)
	} else {
		w.wq.Store(nil)
		w.runs.Store(false)
		w.since = time.Now()
		p.idle = append(p.idle, w)
	}
	if p.ready.first != nil || next == nil && p.timer == nil || p.quit {
		p.watch.Wake()
	}
	return next
}

// reap ends the workers that have been idle for long, and sees to it that the manager
// looks again. mu is held; context: the manager.
func (p *pool) reap() {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	for len(p.idle) > 0 {
		w := p.idle[0]
		if left := idleTimeout - time.Since(w.since); left > 0 {
			p.timer = time.AfterFunc(left, p.watch.Wake)
			return
		}
		p.idle = p.idle[1:]
		p.remove(w)
		close(w.items)
	}
}

func (p *pool) remove(w *worker) {
	for i, other := range p.workers {
		if other == w {
			p.workers = append(p.workers[:i], p.workers[i+1:]...)
			return
		}
	}
}

// end ends all workers: the kernel ends. What they execute goes on to its end, what
// waits is forgotten. mu is held, and released meanwhile; context: the manager.
func (p *pool) end() {
	for p.dropAll(); len(p.workers) > 0; p.dropAll() {
		p.reapAll()
		if len(p.workers) > 0 {
			mu.Unlock()
			p.watch.Sleep()
			mu.Lock()
		}
	}
	if p.timer != nil {
		p.timer.Stop()
	}
}

// dropAll forgets what waits. mu is held.
func (p *pool) dropAll() {
	p.takeIn()
	for it := p.ready.take(); it != nil; it = p.ready.take() {
		it.drop()
	}
	for _, q := range p.pwqs {
		for it := q.inactive.take(); it != nil; it = q.inactive.take() {
			it.drop()
		}
	}
	for _, w := range p.workers {
		if it := w.scheduled.take(); it != nil {
			it.drop()
		}
	}
}

// reapAll ends the idle workers, and waits for them. mu is held, and released meanwhile.
func (p *pool) reapAll() {
	idle := p.idle
	p.idle = nil
	for _, w := range idle {
		p.remove(w)
		close(w.items)
	}
	mu.Unlock()
	for _, w := range idle {
		<-w.ended
	}
	mu.Lock()
}
