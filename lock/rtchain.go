package lock

import (
	"context"
	"sync"

	"github.com/gokern/gokern/gpm"
)

// The chains: who waits for which RTMutex, who owns it, and what follows for
// priorities. One lock protects all of it, so that a chain is seen as it is at one
// moment: a deadlock is found exactly when it would come about, and priorities are
// right whenever nobody is in. Only waiting and its end come here, not the
// taking and releasing of a mutex that nobody waits for.
var chains = chainLock{}

type chainLock struct {
	wl         waitLock
	goroutines *party // ordinary goroutines that wait, linked by next
}

func (c *chainLock) enter() { c.wl.enter() }
func (c *chainLock) leave() { c.wl.leave(c) }
func (c *chainLock) serve() {}

func init() { gpm.SetPriorityHook(priorityChanged) }

// priorityChanged acts on SetAttr of t: its wait may have another place in the
// list now, and whoever it waits for another priority.
func priorityChanged(t *gpm.Task) {
	chains.enter()
	if p, ok := (*t.Lender()).(*party); ok {
		p.adjust()
	}
	chains.leave()
}

var rtWaiters = sync.Pool{New: func() any { return &rtWaiter{waiter: waiter{token: make(chan struct{}, 1)}} }}

func newRTWaiter() *rtWaiter {
	if bubbled() {
		return &rtWaiter{waiter: waiter{token: make(chan struct{}, 1), ours: true}}
	}
	return rtWaiters.Get().(*rtWaiter)
}

// sleep waits until me owns the mutex or ctx ends.
func (m *RTMutex) sleep(ctx context.Context, me *party) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := newRTWaiter()
	w.party, w.mutex = me, m
	defer w.free()
	chains.enter()
	o := m.announce(me)
	if o == nil { // it is free by now, and me's
		chains.leave()
		return nil
	}
	if o.waitsFor(me) {
		m.settle()
		chains.leave()
		return ErrDeadlock
	}
	me.block(w)
	w.priority = me.priority()
	m.wait.insert(w)
	o.own(m)
	o.adjust()
	chains.leave()

	err := w.sleep(ctx)
	if err == nil {
		return nil
	}
	chains.enter()
	if w.granted {
		err = nil
	} else {
		me.unblock()
		m.wait.remove(w)
		o := m.owner.Load().party
		m.settle()
		o.adjust()
	}
	chains.leave()
	return err
}

// free gives w back.
func (w *rtWaiter) free() {
	select {
	case <-w.token:
	default:
	}
	w.party, w.mutex, w.granted, w.woken = nil, nil, false, false
	if !w.ours {
		rtWaiters.Put(w)
	}
}

// announce keeps the owner from unlocking without looking for waiters, and
// returns it; nil if there is none and me is it now.
func (m *RTMutex) announce(me *party) *party {
	for {
		o := m.owner.Load()
		switch {
		case o == nil:
			if m.owner.CompareAndSwap(nil, &me.owner) {
				return nil
			}
		case m.owner.CompareAndSwap(o, &o.party.waited):
			return o.party
		}
	}
}

// settle undoes announce if the mutex has no waiters.
func (m *RTMutex) settle() {
	if m.wait.top == nil {
		p := m.owner.Load().party
		p.disown(m)
		m.owner.Store(&p.owner)
	}
}

// handOver gives the mutex to its first waiter, or frees it if all have gone
// meanwhile, and takes back what its owner, the caller, was lent for it.
func (m *RTMutex) handOver() {
	chains.enter()
	old := m.owner.Load().party
	old.disown(m)
	w := m.wait.top
	if w == nil {
		m.owner.Store(nil)
	} else {
		m.wait.remove(w)
		p := w.party
		p.unblock()
		if m.wait.top == nil {
			m.owner.Store(&p.owner)
		} else {
			m.owner.Store(&p.waited)
			p.own(m)
			p.adjust()
		}
		w.granted = true
		w.wake()
	}
	old.adjust()
	chains.leave()
}

// block notes that p waits, as w.
func (p *party) block(w *rtWaiter) {
	p.blocked = w
	if p.task == nil {
		p.next = chains.goroutines
		chains.goroutines = p
	}
}

// unblock notes that p does not wait any more.
func (p *party) unblock() {
	p.blocked = nil
	if p.task == nil {
		for at := &chains.goroutines; *at != nil; at = &(*at).next {
			if *at == p {
				*at = p.next
				break
			}
		}
		p.next = nil
	}
}

// own notes that m, which p owns, has waiters.
func (p *party) own(m *RTMutex) {
	for o := p.owned; o != nil; o = o.nextOf {
		if o == m {
			return
		}
	}
	m.nextOf = p.owned
	p.owned = m
}

// disown notes that m has no waiters any more, or is not p's.
func (p *party) disown(m *RTMutex) {
	for at := &p.owned; *at != nil; at = &(*at).nextOf {
		if *at == m {
			*at = m.nextOf
			break
		}
	}
	m.nextOf = nil
}

// waiting returns what p, or another party of the same goroutine, waits as.
func (p *party) waiting() *rtWaiter {
	if p.blocked != nil || p.task != nil || !p.known() {
		return p.blocked
	}
	for q := chains.goroutines; q != nil; q = q.next {
		if q.g == p.g {
			return q.blocked
		}
	}
	return nil
}

// waitsFor reports whether p is me, or waits, along a chain, for me.
func (p *party) waitsFor(me *party) bool {
	for {
		if p == me || p.known() && p.g == me.g {
			return true
		}
		w := p.waiting()
		if w == nil {
			return false
		}
		p = w.mutex.owner.Load().party
	}
}

// adjust lends p what its waiters' priorities ask for, gives its own wait the
// place that its priority has, and does the same for whoever it waits for, as
// far along the chain as something changes. Linux: rt_mutex_adjust_prio_chain().
func (p *party) adjust() {
	for {
		lent := int64(0)
		for m := p.owned; m != nil; m = m.nextOf {
			lent = max(lent, m.wait.top.priority)
		}
		if p.task != nil && lent != p.lent {
			p.lent = lent
			p.task.Lend(lent)
		}
		w := p.blocked
		if w == nil || w.priority == p.priority() {
			return
		}
		m := w.mutex
		m.wait.remove(w)
		w.priority = p.priority()
		m.wait.insert(w)
		p = m.owner.Load().party
	}
}
