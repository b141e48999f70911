//go:build race && linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"
	"unsafe"
)

// The end of a task's function happens before the return of Wait. The words
// between them are the kernel's own, which the race detector does not see.

func raceEnd(t *Task) { runtime.RaceReleaseMerge(unsafe.Pointer(&t.ended)) }

func raceWaited(t *Task) { runtime.RaceAcquire(unsafe.Pointer(&t.ended)) }

// raceBuild says that the race detector is built in: most of a program's time is
// then spent in its functions, where no preemption is possible.
const raceBuild = true
