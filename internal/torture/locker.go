package torture

import (
	"context"
	"sync"
	"time"
)

// What a lock may have besides Lock and Unlock.
type (
	tryLocker     interface{ TryLock() bool }
	contextLocker interface {
		LockContext(ctx context.Context) error
	}
	timeoutLocker interface {
		LockTimeout(d time.Duration) error
	}
	readLocker interface {
		RLock()
		RUnlock()
	}
	tryReadLocker     interface{ TryRLock() bool }
	contextReadLocker interface {
		RLockContext(ctx context.Context) error
	}
)

// Ways returns the ways to take l that its methods show.
func Ways(l sync.Locker) []Way {
	ways := []Way{Exclusive("Lock", l.Lock, l.Unlock)}
	if l, ok := l.(readLocker); ok {
		ways = append(ways, Shared("RLock", l.RLock, l.RUnlock))
	}
	if t, ok := l.(tryLocker); ok {
		ways = append(ways, Try("TryLock", Write, t.TryLock, l.Unlock))
	}
	if c, ok := l.(contextLocker); ok {
		ways = append(ways, Within("LockContext", Write, c.LockContext, l.Unlock))
	}
	if d, ok := l.(timeoutLocker); ok {
		ways = append(ways, For("LockTimeout", Write, d.LockTimeout, l.Unlock))
	}
	ways = append(ways, masked(l)...)
	r, ok := l.(readLocker)
	if !ok {
		return ways
	}
	if t, ok := l.(tryReadLocker); ok {
		ways = append(ways, Try("TryRLock", Read, t.TryRLock, r.RUnlock))
	}
	if c, ok := l.(contextReadLocker); ok {
		ways = append(ways, Within("RLockContext", Read, c.RLockContext, r.RUnlock))
	}
	return ways
}

// For returns a way that gives up after a while, which is short.
func For(name string, mode Mode, lock func(time.Duration) error, unlock func()) Way {
	return Way{
		Name: name, Mode: mode,
		Enter: func(h *Hold) bool { return lock(h.Soon()) == nil },
		Leave: func(*Hold) { unlock() },
	}
}

// Within returns a way that gives up when a context ends, which is soon.
func Within(name string, mode Mode, lock func(context.Context) error, unlock func()) Way {
	return Way{
		Name: name, Mode: mode,
		Enter: func(h *Hold) bool {
			if lock(h.Context()) == nil {
				return true
			}
			h.Done()
			return false
		},
		Leave: func(h *Hold) { unlock(); h.Done() },
	}
}
