//go:build race

package cpu

import (
	"runtime"
	"unsafe"
)

// RaceAcquire tells the race detector that what was released on this CPU
// happened before what follows. Context: the caller cannot be moved.
func RaceAcquire() {
	if b := This(); b != nil {
		runtime.RaceAcquire(unsafe.Pointer(b))
	}
}

// RaceRelease tells the race detector that what was done so far happens before
// the next RaceAcquire on this CPU. Context: the caller cannot be moved.
func RaceRelease() {
	if b := This(); b != nil {
		runtime.RaceReleaseMerge(unsafe.Pointer(b))
	}
}

// RaceAcquireOf tells the race detector that what was released on CPU b happened
// before what follows. Context: any.
func RaceAcquireOf(b *Block) { runtime.RaceAcquire(unsafe.Pointer(b)) }
