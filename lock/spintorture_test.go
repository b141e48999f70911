package lock_test

import (
	"sync"
	"testing"

	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/internal/torture/history"
	"github.com/gokern/gokern/internal/torture/litmus"
	"github.com/gokern/gokern/lock"
)

var _ = []sync.Locker{new(lock.SpinLock), new(lock.RawSpinLock)}

// spinWays are all ways to take a spinner.
func spinWays(l spinner) []torture.Way {
	irq := torture.Exclusive("LockIRQ", l.LockIRQ, l.UnlockIRQ)
	irq.Outermost = true
	tryIRQ := torture.Try("TryLockIRQ", torture.Write, l.TryLockIRQ, l.UnlockIRQ)
	tryIRQ.Outermost = true
	restore := func(h *torture.Hold) { l.UnlockIRQRestore(h.Flags) }
	return []torture.Way{
		torture.Exclusive("Lock", l.Lock, l.Unlock),
		torture.Exclusive("LockBH", l.LockBH, l.UnlockBH),
		{Name: "LockIRQSave", Mode: torture.Write, Enter: func(h *torture.Hold) bool { h.Flags = l.LockIRQSave(); return true }, Leave: restore},
		torture.Try("TryLock", torture.Write, l.TryLock, l.Unlock),
		torture.Try("TryLockBH", torture.Write, l.TryLockBH, l.UnlockBH),
		{Name: "TryLockIRQSave", Mode: torture.Write, Try: true, Enter: func(h *torture.Hold) (ok bool) { h.Flags, ok = l.TryLockIRQSave(); return ok }, Leave: restore},
		irq, tryIRQ,
	}
}

// spinSubjects are the spinning locks, for the torture.
func spinSubjects() (all []torture.Subject) {
	for name, make := range spinners {
		all = append(all, torture.Subject{Name: name, Atomic: true, Spurious: true, New: func() []torture.Way { return spinWays(make()) }})
	}
	return all
}

func TestTortureSpin(t *testing.T) { torture.Test(t, 0.4, spinSubjects()...) }

func TestHistorySpin(t *testing.T) { history.TestLocks(t, 0.1, spinSubjects()...) }

func TestLitmusSpin(t *testing.T) { litmus.Locks(t, 0.1, spinSubjects()...) }
