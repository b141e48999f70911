package lock

import (
	"runtime"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
)

// waitLock protects a sleeping lock's list of waiters: Linux's wait_lock. A task
// that holds it cannot be preempted, an ordinary goroutine can.
//
// So nobody may wait for it with preemption off: the holder may be a goroutine
// that is stopped for a stopped world, which in turn waits for the section with
// preemption off to end. Who takes a sleeping lock, and may block, waits for the
// waitLock with enter. Who releases one changes the lock's state first and then
// calls post, which never waits: if the waitLock is held it leaves a note, and
// the holder serves the state as it is then. So releases are allowed in atomic
// context and in interrupts.
type waitLock struct {
	word atomic.Uint32
}

const (
	held      = 1 << iota // somebody is in
	lookAgain             // the holder is to serve again before it leaves
)

// server is a lock whose waiters serve wakes, as far as its state allows. It is
// called with the waitLock held.
type server interface{ serve() }

// enter waits for the waitLock. Context: may block.
func (l *waitLock) enter() {
	if l.try() {
		return
	}
	for i := 0; ; i++ {
		switch {
		case i < 100:
			cpu.Pause()
		case i < 120:
			runtime.Gosched()
		default:
			time.Sleep(20 * time.Microsecond) // the holder has lost its CPU
		}
		if l.word.Load()&held == 0 && l.try() {
			return
		}
	}
}

// try takes the waitLock if it is free, and disables preemption if it did.
func (l *waitLock) try() bool {
	task := inTask()
	if task {
		disable()
	}
	if l.word.CompareAndSwap(0, held) {
		return true
	}
	if task {
		enable()
	}
	return false
}

// leave serves what has become possible and gives the waitLock back.
func (l *waitLock) leave(s server) {
	for {
		s.serve()
		if l.word.CompareAndSwap(held, 0) {
			break
		}
		l.word.Store(held)
	}
	if inTask() {
		enable()
	}
}

// post has s served, by the caller or by the holder of the waitLock. It never
// waits. The change that is to be served comes before it.
func (l *waitLock) post(s server) {
	for {
		old := l.word.Load()
		switch {
		case old&held == 0:
			if l.try() {
				l.leave(s)
				return
			}
		case l.word.CompareAndSwap(old, old|lookAgain):
			return
		}
	}
}

// inTask reports whether the caller is a task.
func inTask() bool { return cpu.Current() != nil }
