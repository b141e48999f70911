//go:build race

package lock

import (
	"runtime"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
)

// rwWord is RWSem's word, of which the race detector sees no operation: each would
// put readers in order, and hide that they change what they only share. It is told
// instead that a reader comes after writers, and a writer after both, as it is of
// sync.RWMutex.
type rwWord struct {
	v                atomic.Int64
	writers, readers uint32 // addresses only
}

func (w *rwWord) Load() int64 {
	runtime.RaceDisable()
	defer runtime.RaceEnable()
	return w.v.Load()
}

func (w *rwWord) Add(n int64) int64 {
	runtime.RaceDisable()
	defer runtime.RaceEnable()
	return w.v.Add(n)
}

func (w *rwWord) Sub(n int64) int64 { return w.Add(-n) }

func (w *rwWord) CompareAndSwap(old, new int64) bool {
	runtime.RaceDisable()
	defer runtime.RaceEnable()
	return w.v.CompareAndSwap(old, new)
}

func (w *rwWord) readLocked()    { cpu.RaceLocked(&w.writers) }
func (w *rwWord) readUnlocking() { cpu.RaceReaderUnlocking(&w.readers) }

func (w *rwWord) writeLocked() {
	cpu.RaceLocked(&w.writers)
	cpu.RaceLocked(&w.readers)
}

func (w *rwWord) writeUnlocking() { cpu.RaceUnlocking(&w.writers) }
