package lock_test

import (
	"sync"
	"testing"

	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/internal/torture/history"
	"github.com/gokern/gokern/internal/torture/litmus"
	"github.com/gokern/gokern/lock"
)

var _ = []sync.Locker{new(lock.SpinLock), new(lock.RawSpinLock), new(lock.TicketLock), new(lock.MCSLock), new(lock.RWLock)}

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

// rwWays are those of an RWLock.
func rwWays(l *lock.RWLock) []torture.Way {
	restore := func(h *torture.Hold) { l.RUnlockIRQRestore(h.Flags) }
	irq := torture.Shared("RLockIRQ", l.RLockIRQ, l.RUnlockIRQ)
	irq.Outermost = true
	return append(spinWays(l),
		torture.Shared("RLock", l.RLock, l.RUnlock),
		torture.Shared("RLockBH", l.RLockBH, l.RUnlockBH),
		torture.Way{Name: "RLockIRQSave", Mode: torture.Read, Enter: func(h *torture.Hold) bool { h.Flags = l.RLockIRQSave(); return true }, Leave: restore},
		torture.Try("TryRLock", torture.Read, l.TryRLock, l.RUnlock),
		torture.Try("TryRLockBH", torture.Read, l.TryRLockBH, l.RUnlockBH),
		torture.Way{Name: "TryRLockIRQSave", Mode: torture.Read, Try: true, Enter: func(h *torture.Hold) (ok bool) { h.Flags, ok = l.TryRLockIRQSave(); return ok }, Leave: restore},
		irq,
	)
}

// spinSubjects are the spinning locks, for the torture.
func spinSubjects() []torture.Subject {
	return []torture.Subject{
		{Name: "SpinLock", Atomic: true, Allocates: true, Spurious: true, New: func() []torture.Way { return spinWays(new(lock.SpinLock)) }},
		{Name: "RawSpinLock", Atomic: true, Allocates: true, Spurious: true, New: func() []torture.Way { return spinWays(new(lock.RawSpinLock)) }},
		{Name: "TicketLock", Atomic: true, Allocates: true, New: func() []torture.Way { return torture.Ways(new(lock.TicketLock)) }},
		{Name: "MCSLock", Atomic: true, Allocates: true, Spurious: true, New: func() []torture.Way { return torture.Ways(new(lock.MCSLock)) }},
		{Name: "RWLock", Atomic: true, Allocates: true, Spurious: true, Overlap: true, New: func() []torture.Way { return rwWays(new(lock.RWLock)) }},
	}
}

func TestTortureSpin(t *testing.T) { torture.Test(t, 0.4, spinSubjects()...) }

func TestHistorySpin(t *testing.T) { history.TestLocks(t, 0.1, spinSubjects()...) }

func TestLitmusSpin(t *testing.T) {
	subjects := spinSubjects()
	if testing.Short() {
		subjects = []torture.Subject{subjects[0], subjects[len(subjects)-1]}
	}
	litmus.Locks(t, 0.1, subjects...)
}
