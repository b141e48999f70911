package workqueue

import (
	"time"
)

// SetIdleTimeout changes how long a worker may be idle, and returns what it was.
func SetIdleTimeout(d time.Duration) time.Duration {
	mu.Lock()
	defer mu.Unlock()
	old := idleTimeout
	idleTimeout = d
	return old
}

// Workers returns how many there are.
func Workers() (n int) {
	mu.Lock()
	defer mu.Unlock()
	for _, p := range current.Load().pools() {
		n += len(p.workers)
	}
	return n
}

// EndDestroy is what Destroy does after it has drained the queue.
func EndDestroy(wq *Workqueue) { wq.end() }

// Known returns in how many places the kernel knows the queue.
func Known(wq *Workqueue) (n int) {
	mu.Lock()
	defer mu.Unlock()
	k := current.Load()
	if k.users[wq] != nil {
		n++
	}
	for _, p := range k.pools() {
		if p.pwqs[wq] != nil {
			n++
		}
	}
	return n
}

// Claim makes w pending as Queue does first, and returns what gives that up.
func Claim(w *Work) (unclaim func()) {
	k := running()
	if !w.claim(k.number) {
		panic("it is pending")
	}
	return func() { w.unclaim(k.number) }
}

// ClaimDelayed makes d pending as QueueDelayed does first, and returns what does the
// rest.
func ClaimDelayed(wq *Workqueue, d *DelayedWork) (start func(time.Duration) error) {
	p, err := wq.pool(-1)
	if err != nil || !d.work.claim(p.k.number) {
		panic("it is pending")
	}
	return func(delay time.Duration) error {
		_, err := wq.delay(p, -1, d, delay)
		return err
	}
}

// CancelAndClaim claims w, which is queued, in the middle of a Cancel.
func CancelAndClaim(w *Work) (unclaim func()) {
	mu.Lock()
	defer mu.Unlock()
	it := w.queued
	it.list.remove(it)
	w.unclaim(it.pool.k.number)
	unclaim = Claim(w)
	w.queued = nil
	it.dropped()
	return unclaim
}

// Waiters returns how many wait for w.
func Waiters(w *Work) int {
	mu.Lock()
	defer mu.Unlock()
	return len(w.waiters)
}
