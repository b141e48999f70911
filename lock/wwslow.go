package lock

import "context"

// wwWaiter waits for a WWMutex. Its channel is its context's, if it has one, so
// that whoever wounds the context need not know where it waits.
type wwWaiter struct {
	next, prev *wwWaiter
	token      chan struct{}
	ctx        *AcquireCtx
	granted    bool
	die        bool // an older one waits, too
}

// wwList is a list of wwWaiters: those with a context by age.
type wwList struct{ first, last *wwWaiter }

// insert adds w before the first that is younger, or at the end.
func (l *wwList) insert(w *wwWaiter) {
	after := l.last
	if w.ctx != nil {
		if y := l.younger(w.ctx); y != nil {
			after = y.prev
		}
	}
	w.prev = after
	if after == nil {
		w.next, l.first = l.first, w
	} else {
		w.next, after.next = after.next, w
	}
	if w.next == nil {
		l.last = w
	} else {
		w.next.prev = w
	}
}

// younger returns the first waiter whose context is younger than x.
func (l *wwList) younger(x *AcquireCtx) *wwWaiter {
	for w := l.first; w != nil; w = w.next {
		if w.ctx != nil && x.olderThan(w.ctx) {
			return w
		}
	}
	return nil
}

func (l *wwList) remove(w *wwWaiter) {
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.next, w.prev = nil, nil
}

// take gives the mutex to x, or to somebody without a context. wl is held.
func (m *WWMutex) take(x *AcquireCtx) {
	m.locked, m.ctx = true, x
	if x != nil {
		x.acquired.Inc()
	}
}

func (m *WWMutex) acquire(ctx context.Context, x *AcquireCtx) error {
	var w *wwWaiter
	if x == nil {
		w = &wwWaiter{token: make(chan struct{}, 1)}
	} else {
		w = &wwWaiter{token: x.token, ctx: x}
		if x.acquired.Load() == 0 {
			x.wounded.Store(0) // that was for what it held then
		}
	}
	m.wl.enter()
	if x != nil && m.locked && m.ctx == x {
		m.wl.leave(m)
		return ErrAlready
	}
	if !m.locked && m.wait.first == nil {
		m.take(x)
		m.wl.leave(m)
		return nil
	}
	m.wait.insert(w)
	m.judge(w)
	for ended := error(nil); ; {
		err := ended
		switch {
		case w.granted:
			m.wl.leave(m)
			return nil
		case m.mustDie(w):
			err = ErrDeadlock
		}
		if err != nil {
			m.wait.remove(w)
			m.wl.leave(m)
			return err
		}
		m.wl.leave(m)
		ended = w.sleep(ctx)
		m.wl.enter()
	}
}

// sleep blocks until there is something to look at, and returns ctx's error if
// it has ended. No waitLock is held: a context's methods may block.
func (w *wwWaiter) sleep(ctx context.Context) error {
	if ctx.Done() == nil {
		<-w.token
		return nil
	}
	select {
	case <-w.token:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// judge tells others what follows for them from w being in the list. wl is held.
func (m *WWMutex) judge(w *wwWaiter) {
	if w.ctx == nil {
		return
	}
	if !m.class.WaitDie {
		if m.ctx != nil && w.ctx.olderThan(m.ctx) {
			m.ctx.wound()
		}
		return
	}
	for y := w.next; y != nil; y = y.next {
		if y.ctx != nil && w.ctx.olderThan(y.ctx) && y.ctx.acquired.Load() > 0 {
			y.die = true
			y.wake()
		}
	}
}

// mustDie reports whether w must give up. A context that holds nothing need not:
// nobody can wait for it. wl is held.
func (m *WWMutex) mustDie(w *wwWaiter) bool {
	x := w.ctx
	if x == nil || x.acquired.Load() == 0 {
		return false
	}
	if !m.class.WaitDie {
		return x.wounded.Load() != 0
	}
	if w.die || m.ctx != nil && m.ctx.olderThan(x) {
		return true
	}
	for o := w.prev; o != nil; o = o.prev {
		if o.ctx != nil && o.ctx.olderThan(x) {
			return true
		}
	}
	return false
}

func (w *wwWaiter) wake() {
	select {
	case w.token <- struct{}{}:
	default:
	}
}

// serve hands the mutex to the first waiter if it is free. wl is held.
func (m *WWMutex) serve() {
	w := m.wait.first
	if m.locked || w == nil {
		return
	}
	m.wait.remove(w)
	m.take(w.ctx)
	w.granted = true
	w.wake()
	if m.class.WaitDie {
		for y := m.wait.first; y != nil; y = y.next {
			y.wake() // some may have to give up for the new owner
		}
		return
	}
	for y := m.wait.first; y != nil; y = y.next {
		m.judge(y)
	}
}
