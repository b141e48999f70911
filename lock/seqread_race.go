//go:build race

package lock

import "github.com/gokern/gokern/internal/cpu"

// readLocked calls fn with the lock held: see SeqLock.Read. An ordinary goroutine
// takes only the word: Go may deschedule it, but whoever waits for the word lets
// others run.
func readLocked(l *SeqLock, fn func()) bool {
	if cpu.This() != nil {
		l.ReadLockExcl()
		defer l.ReadUnlockExcl()
		fn()
		return true
	}
	for s := (spinWait{}); !cpu.Cas32(&l.l.w.v, 0, 1); {
		s.pause()
	}
	cpu.RaceLocked(&l.l.w.v)
	defer func() {
		cpu.RaceUnlocking(&l.l.w.v)
		cpu.ReleaseByte(&l.l.w.v)
	}()
	fn()
	return true
}
