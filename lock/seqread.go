package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/signals"
)

// How to read under a SeqLock without missing out.

// ReadLockExcl locks as an exclusive reader: writers wait, other readers do not.
// Outside a task it is a BUG, and locks nothing. Context: a task, atomic or not.
// Linux: read_seqlock_excl().
func (l *SeqLock) ReadLockExcl() { l.l.Lock() }

// ReadUnlockExcl undoes ReadLockExcl. Linux: read_sequnlock_excl().
func (l *SeqLock) ReadUnlockExcl() { l.l.Unlock() }

// ReadLockExclIRQ masks interrupts and locks as an exclusive reader. They must not
// be masked already. Context: a task. Linux: read_seqlock_excl_irq().
func (l *SeqLock) ReadLockExclIRQ() { l.l.LockIRQ() }

// ReadUnlockExclIRQ undoes ReadLockExclIRQ. Linux: read_sequnlock_excl_irq().
func (l *SeqLock) ReadUnlockExclIRQ() { l.l.UnlockIRQ() }

// ReadLockExclIRQSave masks interrupts, locks as an exclusive reader, and returns
// how interrupts were before. Context: a task, atomic or not. Linux:
// read_seqlock_excl_irqsave().
func (l *SeqLock) ReadLockExclIRQSave() signals.Flags { return l.l.LockIRQSave() }

// ReadUnlockExclIRQRestore undoes ReadLockExclIRQSave. Linux:
// read_sequnlock_excl_irqrestore().
func (l *SeqLock) ReadUnlockExclIRQRestore(f signals.Flags) { l.l.UnlockIRQRestore(f) }

// ReadLockExclBH disables softirqs and locks as an exclusive reader. Context: a
// task, atomic or not. Linux: read_seqlock_excl_bh().
func (l *SeqLock) ReadLockExclBH() { l.l.LockBH() }

// ReadUnlockExclBH undoes ReadLockExclBH. Linux: read_sequnlock_excl_bh().
func (l *SeqLock) ReadUnlockExclBH() { l.l.UnlockBH() }

// ReadBeginOrLock is ReadBegin if *n is even, and ReadLockExcl if it is odd. To
// begin, *n is 0; NeedRetry says whether to do it again, with *n = 1; DoneRetry ends
// it. Context: any; with an odd *n, a task. Linux: read_seqbegin_or_lock().
func (l *SeqLock) ReadBeginOrLock(n *uint32) {
	if *n&1 == 0 {
		*n = l.ReadBegin()
	} else {
		l.ReadLockExcl()
	}
}

// NeedRetry reports whether what was read since ReadBeginOrLock may be inconsistent.
// Linux: need_seqretry().
func (l *SeqLock) NeedRetry(n uint32) bool { return n&1 == 0 && l.ReadRetry(n) }

// DoneRetry unlocks what ReadBeginOrLock has locked. Linux: done_seqretry().
func (l *SeqLock) DoneRetry(n uint32) {
	if n&1 != 0 {
		l.ReadUnlockExcl()
	}
}

// readTries is how often Read reads without locking.
const readTries = 4

// Read calls fn, which reads, until it has seen consistent data: what it has stored
// must not be used before. After some tries a task locks as an exclusive reader, so
// that it need not read for ever; an ordinary goroutine goes on trying. With -race
// fn runs with the lock held from the start, since the race detector cannot know
// that what was read is thrown away; so it finds writers that do not lock. fn must
// not block, nor panic on nonsense. Context: any.
func (l *SeqLock) Read(fn func()) {
	if readLocked(l, fn) {
		return
	}
	task := cpu.This() != nil
	for tries := 0; ; tries++ {
		if task && tries == readTries {
			l.ReadLockExcl()
			defer l.ReadUnlockExcl()
			fn()
			return
		}
		n := l.ReadBegin()
		fn()
		if !l.ReadRetry(n) {
			return
		}
	}
}
