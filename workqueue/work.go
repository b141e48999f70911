package workqueue

import (
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// Work is a function to be called by a worker. To be made by New. It lives over
// Shutdown. Linux: struct work_struct.
type Work struct {
	fn    func(*Work)
	user  any           // the function of users' that fn is or calls, for reports
	state atomic.Uint64 // see below

	// Protected by mu.
	queued  *item   // pending on a pool; nil though pending: on its way there
	running *worker // executes it
	begun   uint64  // executions
	ended   uint64
	waiters []waiter
}

// A Work's state: pending or not, how often it is disabled, and, above, the number of
// the kernel in which it became pending: with another it is not any more.
const (
	statePending  = 1
	stateDisable  = 2
	stateDisabled = 0xfffe
	stateKernel   = 16 // shift
)

// waiter waits until as many executions have ended.
type waiter struct {
	ended uint64
	done  chan struct{}
}

// New returns a Work that calls fn, which may block. To return with preemption disabled
// or interrupts masked is a BUG. Context: any. Linux: INIT_WORK().
func New(fn func(*Work)) *Work {
	if fn == nil {
		panic("gokern: a new Work has no function")
	}
	return &Work{fn: fn, user: fn}
}

// claim makes w pending in the kernel of that number, and reports whether it was not
// and may be.
func (w *Work) claim(kernel uint64) bool {
	for {
		old := w.state.Load()
		if old&stateDisabled != 0 || old&statePending != 0 && old>>stateKernel == kernel {
			// The function is called after this, and must see what the caller has
			// stored before: so a barrier.
			if w.state.CompareAndSwap(old, old) {
				return false
			}
			continue
		}
		if w.state.CompareAndSwap(old, kernel<<stateKernel|statePending) {
			return true
		}
	}
}

// unclaim makes w pending no more, if it was in the kernel of that number.
func (w *Work) unclaim(kernel uint64) {
	for {
		old := w.state.Load()
		if old>>stateKernel != kernel || w.state.CompareAndSwap(old, old&^statePending) {
			return
		}
	}
}

func (w *Work) isPending(k *kernel) bool {
	s := w.state.Load()
	return k != nil && !k.dead.Load() && s&statePending != 0 && s>>stateKernel == k.number
}

// Pending reports whether w is queued and its function not about to be called.
// Context: any. Linux: work_pending().
func (w *Work) Pending() bool { return w.isPending(current.Load()) }

// Busy reports whether w is pending or its function running. It is out of date when
// it returns. Context: may block. Linux: work_busy().
func (w *Work) Busy() bool {
	mu.Lock()
	defer mu.Unlock()
	return w.running != nil || w.Pending()
}

// Flush waits until the last queueing of w so far has been executed, and reports
// whether there was anything to wait for. Context: may block; by w's own function it is
// a BUG. Linux: flush_work().
func (w *Work) Flush() bool { return w.mayWait("Flush of a Work") && w.flush() }

// mayWait reports a BUG if the caller must not block, or is w's own function, which
// would wait for itself.
func (w *Work) mayWait(what string) bool {
	if !irq.MayBlock(what) {
		return false
	}
	mu.Lock()
	own := w.running != nil && w.running == self()
	mu.Unlock()
	if own {
		preempt.Raise(what + " by its own function")
	}
	return !own
}

func (w *Work) flush() bool {
	for spins := 0; ; spins++ {
		if done, again := w.tryFlush(); !again {
			return wait(done)
		}
		irq.Pause(spins) // who queues it has not put it on a list yet
	}
}

// tryFlush returns what is closed when w's last queueing has been executed, nil: there
// is nothing to wait for. Only what is on a list is waited for: who has claimed w may
// have to give it up, or puts it off. again: ask again then.
func (w *Work) tryFlush() (done chan struct{}, again bool) {
	mu.Lock()
	defer mu.Unlock()
	if k := current.Load(); w.isPending(k) {
		k.takeAll()
		if w.queued == nil && w.isPending(k) {
			return nil, true
		}
	}
	target := w.begun
	if w.queued != nil {
		target++
	}
	if w.ended >= target {
		return nil, false
	}
	done = make(chan struct{})
	w.waiters = append(w.waiters, waiter{target, done})
	return done, false
}

// wait waits for done, and reports whether there was one.
func wait(done chan struct{}) bool {
	if done != nil {
		<-done
	}
	return done != nil
}

// wakeWaiters wakes those who have nothing to wait for any more. mu is held.
func (w *Work) wakeWaiters() {
	rest := w.waiters[:0]
	for _, x := range w.waiters {
		if w.ended >= x.ended {
			close(x.done)
		} else {
			rest = append(rest, x)
		}
	}
	clear(w.waiters[len(rest):])
	w.waiters = rest
}

// Cancel has w not executed if it is pending, and reports whether it was. Its function
// may be running. Context: may block. Linux: cancel_work().
func (w *Work) Cancel() bool { return irq.MayBlock("Cancel of a Work") && w.cancel() }

func (w *Work) cancel() bool {
	for spins := 0; ; spins++ {
		if canceled, again := w.tryCancel(); !again {
			return canceled
		}
		irq.Pause(spins) // who queues it has not put it on a list yet
	}
}

func (w *Work) tryCancel() (canceled, again bool) {
	mu.Lock()
	defer mu.Unlock()
	k := current.Load()
	if !w.isPending(k) {
		return false, false
	}
	k.takeAll()
	it := w.queued
	if it == nil {
		return false, true
	}
	it.list.remove(it)
	it.drop()
	it.pool.watch.Wake() // another may be ready now
	return true, false
}

// drop has it, which is on no list, not executed. mu is held.
func (it *item) drop() {
	it.work.queued = nil
	it.work.unclaim(it.pool.k.number)
	it.dropped()
}

// dropped is the rest of drop. mu is held.
func (it *item) dropped() {
	it.finished()
	w := it.work
	for i := range w.waiters { // what they wait for is no more, but may be running
		w.waiters[i].ended = min(w.waiters[i].ended, w.begun)
	}
	w.wakeWaiters()
}

// CancelSync is Cancel, and waits until w's function is not running; until it
// returns w cannot be queued, by its own function or others. Context: may block; by w's
// own function it is a BUG. Linux: cancel_work_sync().
func (w *Work) CancelSync() bool {
	w.state.Add(stateDisable)
	defer w.Enable()
	return w.cancelSync("CancelSync of a Work")
}

// Disable is CancelSync, and w cannot be queued until as many calls of Enable: also
// where it is a BUG, which neither cancels nor waits. Context: as there. Linux:
// disable_work_sync().
func (w *Work) Disable() bool {
	w.state.Add(stateDisable)
	return w.cancelSync("Disable of a Work")
}

// cancelSync cancels w, which is disabled, and waits for it.
func (w *Work) cancelSync(what string) bool {
	if !w.mayWait(what) {
		return false
	}
	canceled := w.cancel()
	w.flush()
	return canceled
}

// Enable ends a Disable. Context: any. Linux: enable_work().
func (w *Work) Enable() {
	if w.state.Load()&stateDisabled == 0 {
		preempt.Raise("Enable of a Work without Disable")
		return
	}
	w.state.Sub(stateDisable)
}

// item is one queueing of a Work.
type item struct {
	work *Work
	wq   *Workqueue
	pool *pool
	next *item // on the pool's inbox

	// Protected by mu.
	seq        uint64 // its place in the order of its queue
	q          *pwq
	active     bool  // counts against maxActive
	list       *list // where it waits
	prevL, nxt *item // there
}

// list is a queue of items. Protected by mu.
type list struct{ first, last *item }

func (l *list) add(it *item) {
	it.list, it.prevL, it.nxt = l, l.last, nil
	if l.last == nil {
		l.first = it
	} else {
		l.last.nxt = it
	}
	l.last = it
}

func (l *list) remove(it *item) {
	if it.prevL == nil {
		l.first = it.nxt
	} else {
		it.prevL.nxt = it.nxt
	}
	if it.nxt == nil {
		l.last = it.prevL
	} else {
		it.nxt.prevL = it.prevL
	}
	it.list, it.prevL, it.nxt = nil, nil, nil
}

func (l *list) take() *item {
	it := l.first
	if it != nil {
		l.remove(it)
	}
	return it
}

// push puts it on the pool's inbox. Context: any.
func (p *pool) push(it *item) {
	for {
		head := p.inbox.Load()
		it.next = head
		if p.inbox.CompareAndSwap(head, it) {
			break
		}
	}
	p.watch.Wake()
}

// takeIn puts what has been pushed where it belongs. mu is held.
func (p *pool) takeIn() {
	var first *item
	for it := p.inbox.Swap(nil); it != nil; {
		next := it.next
		it.next, first = first, it
		it = next
	}
	for it := first; it != nil; {
		next := it.next
		it.next = nil
		if p.quit {
			it.drop()
		} else {
			p.accept(it)
		}
		it = next
	}
}
