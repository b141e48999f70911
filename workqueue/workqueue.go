package workqueue

import (
	"errors"
	"fmt"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// Errors to test with errors.Is.
var (
	// ErrShutdown: no kernel runs, or it is about to end. It is gpm.ErrShutdown.
	ErrShutdown = irq.ErrShutdown
	// ErrCPU: the kernel has no CPU of that number.
	ErrCPU = irq.ErrNoCPU
	// ErrContext: a BUG in the caller's context, after which the handler of BUGs
	// (preempt.SetBugHandler) has returned. It is signals.ErrContext.
	ErrContext = irq.ErrContext
	// ErrConfig: what Alloc was called with makes no sense.
	ErrConfig = errors.New("gokern: bad work queue")
	// ErrDestroyed: the queue is being drained, or has been destroyed.
	ErrDestroyed = errors.New("gokern: the work queue is drained or destroyed")
)

// Flags of a queue. Linux: enum wq_flags.
type Flags uint8

const (
	// Unbound: its workers run on any CPU, and as many at a time as items are active.
	Unbound Flags = 1 << iota
	// HighPri: its workers have nice -20.
	HighPri
	// Ordered: one item at a time, in the order of queueing. It is Unbound too.
	Ordered
)

// How many items of a queue may be active at a time. Linux: WQ_DFL_ACTIVE and
// WQ_MAX_ACTIVE.
const (
	DefaultActive = 1024
	MaxActive     = 2048
)

// Workqueue is a queue of Works. It lives over Shutdown. Linux: struct
// workqueue_struct.
type Workqueue struct {
	name      string
	flags     Flags
	maxActive int
	draining  atomic.Int32 // Drains that wait
	destroyed atomic.Bool
}

// The system's queues. Linux: system_wq and so on.
var (
	SystemWQ        = &Workqueue{name: "events", maxActive: DefaultActive}
	SystemHighPriWQ = &Workqueue{name: "events_highpri", flags: HighPri, maxActive: DefaultActive}
	SystemUnboundWQ = &Workqueue{name: "events_unbound", flags: Unbound, maxActive: MaxActive}
)

// Alloc returns a queue. maxActive is how many of its items may have begun and not
// ended, on each CPU, or in all if it is Unbound; 0: DefaultActive. Context: any.
// Errors: ErrConfig. Linux: alloc_workqueue(), alloc_ordered_workqueue().
func Alloc(name string, flags Flags, maxActive int) (*Workqueue, error) {
	switch {
	case flags&^(Unbound|HighPri|Ordered) != 0:
		return nil, fmt.Errorf("%w: unknown flags %#x", ErrConfig, flags)
	case maxActive < 0 || maxActive > MaxActive:
		return nil, fmt.Errorf("%w: maxActive is %d, want 0 to %d", ErrConfig, maxActive, MaxActive)
	case flags&Ordered != 0 && maxActive > 1:
		return nil, fmt.Errorf("%w: maxActive is %d of an ordered queue", ErrConfig, maxActive)
	case flags&Ordered != 0:
		flags |= Unbound
		maxActive = 1
	case maxActive == 0:
		maxActive = DefaultActive
	}
	return &Workqueue{name: name, flags: flags, maxActive: maxActive}, nil
}

// Name returns what it was allocated with. Context: any.
func (wq *Workqueue) Name() string { return wq.name }

// Queue has w executed by a worker of this CPU, or, by an ordinary goroutine, of
// any that is online, and reports whether it was not pending. One that is disabled is not queued.
// Context: any. Errors: ErrShutdown, ErrDestroyed. Linux: queue_work().
func (wq *Workqueue) Queue(w *Work) (queued bool, err error) { return wq.queue(-1, w) }

// QueueOn is Queue on CPU n; while that is offline its workers run elsewhere. Context:
// any. Errors: ErrCPU too. Linux: queue_work_on().
func (wq *Workqueue) QueueOn(n int, w *Work) (queued bool, err error) {
	if n < 0 {
		return false, fmt.Errorf("%w: %d", ErrCPU, n)
	}
	return wq.queue(n, w)
}

func (wq *Workqueue) queue(n int, w *Work) (bool, error) {
	if w.fn == nil {
		panic("gokern: a Work that is not from New has no function")
	}
	p, err := wq.pool(n)
	if err != nil || !w.claim(p.k.number) {
		return false, err
	}
	return wq.push(p, w)
}

// pool returns where something that is queued now goes, -1: here.
func (wq *Workqueue) pool(n int) (*pool, error) {
	k := running()
	switch {
	case k == nil:
		return nil, ErrShutdown
	case n >= len(k.cpus):
		return nil, fmt.Errorf("%w: %d; there are %d", ErrCPU, n, len(k.cpus))
	case wq.destroyed.Load() || wq.draining.Load() != 0 && !wq.chained():
		return nil, fmt.Errorf("%w: %s", ErrDestroyed, wq.name)
	}
	high := 0
	if wq.flags&HighPri != 0 {
		high = 1
	}
	if wq.flags&Unbound != 0 {
		return &k.unbound[high], nil
	}
	if n < 0 {
		if n = cpu.Number(); n < 0 || n >= len(k.cpus) {
			n = irq.AnyCPU(k.cpus).ID()
		}
	}
	return &k.bound[n][high], nil
}

// chained reports whether the caller executes an item of wq.
func (wq *Workqueue) chained() bool {
	w := self()
	return w != nil && w.wq.Load() == wq
}

// mayWait reports a BUG if the caller must not block, or executes an item of wq, so
// that it would wait for itself.
func (wq *Workqueue) mayWait(what string) bool {
	switch {
	case !irq.MayBlock(what):
		return false
	case wq.chained():
		preempt.Raise(what + " by a function of its own")
		return false
	}
	return true
}

// push queues w, which is claimed, in p.
func (wq *Workqueue) push(p *pool, w *Work) (bool, error) {
	if !p.start() {
		w.unclaim(p.k.number)
		return false, ErrShutdown
	}
	p.push(&item{work: w, wq: wq, pool: p})
	if p.manager.Load() == managerDead { // it may not have been seen any more
		w.unclaim(p.k.number)
		return false, ErrShutdown
	}
	return true, nil
}

// Flush waits until all that was queued so far has been executed, or cancelled.
// Context: may block; by a function of the queue's it is a BUG. Linux:
// flush_workqueue().
func (wq *Workqueue) Flush() {
	if !wq.mayWait("Flush of a Workqueue") {
		return
	}
	if done := wq.flushTo(); done != nil {
		<-done
	}
}

// flushTo returns what is closed when all items up to now are finished, nil: they are.
func (wq *Workqueue) flushTo() chan struct{} {
	mu.Lock()
	defer mu.Unlock()
	k := current.Load()
	if k == nil {
		return nil
	}
	k.takeAll()
	u := k.users[wq]
	if u == nil || len(u.live) == 0 {
		return nil
	}
	done := make(chan struct{})
	u.flushers = append(u.flushers, flusher{u.seq, done})
	return done
}

// Drain waits until nothing is queued: until then only functions of the queue's may
// queue more in it. Delayed works must not be waiting. Context as for Flush. Linux:
// drain_workqueue().
func (wq *Workqueue) Drain() {
	if wq.mayWait("Drain of a Workqueue") {
		wq.drain()
	}
}

func (wq *Workqueue) drain() {
	wq.draining.Inc()
	for done := wq.flushTo(); done != nil; done = wq.flushTo() {
		<-done
	}
	wq.draining.Dec()
}

// Destroy drains the queue, and it is of no use any more. Not the system's. Context as
// for Flush. Linux: destroy_workqueue().
func (wq *Workqueue) Destroy() {
	if wq == SystemWQ || wq == SystemHighPriWQ || wq == SystemUnboundWQ {
		preempt.Raise("Destroy of a work queue of the system's")
		return
	}
	if !wq.mayWait("Destroy of a Workqueue") {
		return
	}
	wq.draining.Inc() // for good
	wq.drain()
	wq.end()
}

// end is the rest of Destroy.
func (wq *Workqueue) end() {
	mu.Lock()
	defer mu.Unlock()
	wq.destroyed.Store(true)
	if k := current.Load(); k != nil {
		k.forget(wq)
	}
}

func init() { irq.StopWork = stop }

// stop ends all pools: the kernel ends.
func stop() {
	k := running()
	if k == nil {
		return
	}
	for _, p := range k.pools() {
		if p.manager.Swap(managerDead) == managerNone {
			close(p.ended)
		}
		mu.Lock()
		p.quit = true
		mu.Unlock()
		p.watch.Wake()
	}
	for _, p := range k.pools() {
		<-p.ended
	}
	k.dead.Store(true)
}
