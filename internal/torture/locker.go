package torture

import (
	"context"
	"sync"
)

// What a lock may have besides Lock and Unlock.
type (
	tryLocker     interface{ TryLock() bool }
	contextLocker interface {
		LockContext(ctx context.Context) error
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
