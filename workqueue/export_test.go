package workqueue

import "time"

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
