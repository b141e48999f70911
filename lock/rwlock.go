package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// RWLock is a spinning lock that one writer or any number of readers may hold. It is
// fair: who has to wait queues, readers and writers in one queue, so neither starve;
// a reader that comes while a writer waits waits behind it. So a task that reads must
// not read-lock again. Waiters are not preemptible. Readers on many CPUs all
// write the lock's word: where reads are frequent, SeqLock or RCU is better. The zero
// RWLock is unlocked. It must not be copied. Linux: rwlock_t (qrwlock).
//
//	bits   mask         what
//	0-7    0x000000ff   a writer holds it: 0xff. Unlocking is a store to this byte
//	8      0x00000100   a writer waits, the first in the queue
//	9-31   0xfffffe00   how many readers hold it
type RWLock struct {
	v     uint32
	queue tickets // the first in it waits for v
	dep   lockdep.Map
}

const (
	qrWriter  = 0xff
	qrWaiting = 0x100
	qrReader  = 0x200
)

// For the race detector a reader comes after writers, and a writer after both:
// &v stands for what writers release, &queue.owner for what readers do.

// Init names the lock for the validator, as SpinLock.Init does. Linux:
// rwlock_init().
func (l *RWLock) Init(name string) { l.dep.Init(lockdep.Spin, name, 1) }

// Lock disables preemption and waits until nobody else holds the lock. Outside a
// task it is a BUG, and locks nothing. Context: a task, atomic or not. Linux:
// write_lock().
func (l *RWLock) Lock() {
	if !spinDisable("Lock", "RWLock") {
		return
	}
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Spin, lockdep.Exclusive, false, 0, preempt.Enable)
	}
	if !cpu.Cas32(&l.v, 0, qrWriter) {
		l.queueWriter()
	}
	l.raceWriter()
	if lockdep.On() {
		l.dep.Acquired()
	}
}

func (l *RWLock) queueWriter() {
	l.queue.lock()
	if !cpu.Cas32(&l.v, 0, qrWriter) {
		s := spinWait{turn: true}
		cpu.AddU32(&l.v, qrWaiting) // no new readers
		for !cpu.Cas32(&l.v, qrWaiting, qrWriter) {
			s.pause()
		}
	}
	l.queue.unlock()
}

// TryLock locks if that needs no waiting, and reports whether it did. Context: as
// Lock. Linux: write_trylock().
func (l *RWLock) TryLock() bool {
	if !spinDisable("TryLock", "RWLock") {
		return false
	}
	if !cpu.Cas32(&l.v, 0, qrWriter) {
		preempt.Enable()
		return false
	}
	l.raceWriter()
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Spin, lockdep.Exclusive, true, 0, func() { cpu.ReleaseByte(&l.v); preempt.Enable() })
	}
	return true
}

// Unlock unlocks and enables preemption. Context: the task that holds the lock as a
// writer. Linux: write_unlock().
func (l *RWLock) Unlock() {
	if l.release() {
		preempt.Enable()
	}
}

// release is Unlock with preemption still disabled; false: it was not held.
func (l *RWLock) release() bool {
	if !spinHolder("RWLock", cpu.Load32(&l.v)&qrWriter != 0) {
		return false
	}
	if lockdep.On() {
		l.dep.Release()
	}
	cpu.RaceUnlocking(&l.v)
	cpu.ReleaseByte(&l.v)
	return true
}

// RLock disables preemption and waits until no writer holds the lock, or waits for
// it. Outside a task it is a BUG, and locks nothing. Context: a task, atomic or not.
// Linux: read_lock().
func (l *RWLock) RLock() {
	if !spinDisable("RLock", "RWLock") {
		return
	}
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Spin, lockdep.Shared, false, 0, preempt.Enable)
	}
	if cpu.AddU32(&l.v, qrReader)&(qrWriter|qrWaiting) != 0 {
		l.queueReader()
	}
	cpu.RaceLocked(&l.v)
	if lockdep.On() {
		l.dep.Acquired()
	}
}

func (l *RWLock) queueReader() {
	l.drop()
	l.queue.lock()
	cpu.AddU32(&l.v, qrReader) // the next writer waits behind us
	for s := (spinWait{turn: true}); cpu.Load32(&l.v)&qrWriter != 0; {
		s.pause()
	}
	l.queue.unlock()
}

// TryRLock read-locks if that needs no waiting, and reports whether it did. Context:
// as RLock. Linux: read_trylock().
func (l *RWLock) TryRLock() bool {
	if !spinDisable("TryRLock", "RWLock") {
		return false
	}
	const writers = qrWriter | qrWaiting
	if cpu.Load32(&l.v)&writers != 0 {
		preempt.Enable()
		return false
	}
	if cpu.AddU32(&l.v, qrReader)&writers != 0 {
		l.drop()
		preempt.Enable()
		return false
	}
	cpu.RaceLocked(&l.v)
	if lockdep.On() {
		spinAcquire(&l.dep, lockdep.Spin, lockdep.Shared, true, 0, func() { l.drop(); preempt.Enable() })
	}
	return true
}

// RUnlock ends what RLock began, and enables preemption. Context: a task that holds
// the lock as a reader. Linux: read_unlock().
func (l *RWLock) RUnlock() {
	if l.releaseReader() {
		preempt.Enable()
	}
}

func (l *RWLock) releaseReader() bool {
	if !spinHolder("RWLock", cpu.Load32(&l.v) >= qrReader) {
		return false
	}
	if lockdep.On() {
		l.dep.Release()
	}
	cpu.RaceReaderUnlocking(&l.queue.owner)
	l.drop()
	return true
}

// drop takes a reader out of the count.
func (l *RWLock) drop() { cpu.AddU32(&l.v, ^uint32(qrReader-1)) }

func (l *RWLock) raceWriter() {
	cpu.RaceLocked(&l.v)
	cpu.RaceLocked(&l.queue.owner)
}
