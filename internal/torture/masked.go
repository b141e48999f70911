package torture

import "github.com/gokern/gokern/signals"

// What a spinning lock may have besides: the same with interrupts or softirqs
// masked.
type (
	irqLocker interface {
		LockIRQ()
		UnlockIRQ()
	}
	tryIRQLocker interface{ TryLockIRQ() bool }
	irqSaver     interface {
		LockIRQSave() signals.Flags
		UnlockIRQRestore(signals.Flags)
	}
	tryIRQSaver interface {
		TryLockIRQSave() (signals.Flags, bool)
	}
	bhLocker interface {
		LockBH()
		UnlockBH()
	}
	tryBHLocker   interface{ TryLockBH() bool }
	irqReadLocker interface {
		RLockIRQ()
		RUnlockIRQ()
	}
	irqReadSaver interface {
		RLockIRQSave() signals.Flags
		RUnlockIRQRestore(signals.Flags)
	}
	bhReadLocker interface {
		RLockBH()
		RUnlockBH()
	}
)

// masked returns the ways that l has with something masked.
func masked(l any) (ways []Way) {
	if i, ok := l.(irqLocker); ok {
		ways = append(ways, outermost(Exclusive("LockIRQ", i.LockIRQ, i.UnlockIRQ)))
		if t, ok := l.(tryIRQLocker); ok {
			ways = append(ways, outermost(Try("TryLockIRQ", Write, t.TryLockIRQ, i.UnlockIRQ)))
		}
	}
	if i, ok := l.(irqSaver); ok {
		ways = append(ways, saving("LockIRQSave", Write, i.LockIRQSave, i.UnlockIRQRestore))
		if t, ok := l.(tryIRQSaver); ok {
			w := saving("TryLockIRQSave", Write, nil, i.UnlockIRQRestore)
			w.Try = true
			w.Enter = func(h *Hold) (ok bool) { h.Flags, ok = t.TryLockIRQSave(); return ok }
			ways = append(ways, w)
		}
	}
	if b, ok := l.(bhLocker); ok {
		ways = append(ways, Exclusive("LockBH", b.LockBH, b.UnlockBH))
		if t, ok := l.(tryBHLocker); ok {
			ways = append(ways, Try("TryLockBH", Write, t.TryLockBH, b.UnlockBH))
		}
	}
	if i, ok := l.(irqReadLocker); ok {
		ways = append(ways, outermost(Shared("RLockIRQ", i.RLockIRQ, i.RUnlockIRQ)))
	}
	if i, ok := l.(irqReadSaver); ok {
		ways = append(ways, saving("RLockIRQSave", Read, i.RLockIRQSave, i.RUnlockIRQRestore))
	}
	if b, ok := l.(bhReadLocker); ok {
		ways = append(ways, Shared("RLockBH", b.RLockBH, b.RUnlockBH))
	}
	return ways
}

func outermost(w Way) Way {
	w.Outermost = true
	return w
}

func saving(name string, mode Mode, lock func() signals.Flags, unlock func(signals.Flags)) Way {
	return Way{
		Name: name, Mode: mode,
		Enter: func(h *Hold) bool { h.Flags = lock(); return true },
		Leave: func(h *Hold) { unlock(h.Flags) },
	}
}
