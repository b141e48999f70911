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
