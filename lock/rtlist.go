package lock

// rtWaiter is a party that waits for an RTMutex.
type rtWaiter struct {
	waiter
	party    *party
	mutex    *RTMutex
	priority int64 // the party's when it was queued
	up, down *rtWaiter
}

// rtList is a list of waiters, by priority and then by age.
type rtList struct{ top *rtWaiter }

// insert adds w behind all of its priority or a higher one.
func (l *rtList) insert(w *rtWaiter) {
	var above *rtWaiter
	below := l.top
	for below != nil && below.priority >= w.priority {
		above, below = below, below.down
	}
	w.up, w.down = above, below
	if above == nil {
		l.top = w
	} else {
		above.down = w
	}
	if below != nil {
		below.up = w
	}
}

// remove takes w out.
func (l *rtList) remove(w *rtWaiter) {
	if w.up == nil {
		l.top = w.down
	} else {
		w.up.down = w.down
	}
	if w.down != nil {
		w.down.up = w.up
	}
	w.up, w.down = nil, nil
}
