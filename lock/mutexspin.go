package lock

import (
	"runtime"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// How long to spin. While the owner runs as a task it will soon be through; but
// not for ever, since owners may take turns, and the host may have taken its
// thread away. Each look takes the mutex's cache line from the owner, so they are
// far apart: with one pause between two of them two tasks got through sections of
// 10 ns half as fast. Where the owner is not known to run, briefly, as sync.Mutex
// does.
const (
	spinOwner   = 1000 // pauses
	spinLook    = 24   // pauses between two looks
	spinUnknown = 4    // looks, with 30 pauses each
)

// spin tries to take the mutex and, where that is worth while, again and again.
// It reports whether it has. Linux: mutex_optimistic_spin().
func (m *Mutex) spin() bool {
	unknown := 0
	for spent := 0; ; {
		if m.try() {
			return true
		}
		if m.word.Load()&mutexHandoff != 0 || preempt.NeedResched() {
			return false
		}
		at := m.owner.get()
		owner := gpm.RunningAt(at)
		if owner == nil {
			if unknown++; unknown > spinUnknown || runtime.NumCPU() == 1 {
				return false
			}
			pause(30)
			continue
		}
		for {
			if spent += spinLook; spent > spinOwner || owner.CPU() < 0 {
				return false
			}
			pause(spinLook)
			if m.free() || m.owner.get() != at || preempt.NeedResched() {
				break
			}
		}
	}
}

func pause(n int) {
	for range n {
		cpu.Pause()
	}
}
