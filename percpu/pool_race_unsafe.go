//go:build race

package percpu

import (
	"runtime"
	"unsafe"
)

// The race detector sees neither the lists nor what protects them: it is told
// that a Put happens before the Get that returns the object.

func racePut[T any](x *T) { runtime.RaceReleaseMerge(unsafe.Pointer(x)) }

func raceGot[T any](x *T) { runtime.RaceAcquire(unsafe.Pointer(x)) }
