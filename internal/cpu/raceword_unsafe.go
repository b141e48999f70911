//go:build race

package cpu

import (
	"runtime"
	"unsafe"
)

// The race detector does not see the words of spinning locks change hands (see
// atomic_race_amd64.go): a lock says so itself, once it is held and before it is
// released. The acquiring side's edge comes from whoever released p before.

// RaceLocked tells the race detector that what was done before RaceUnlocking(p)
// happened before what follows.
func RaceLocked(p *uint32) { runtime.RaceAcquire(unsafe.Pointer(p)) }

// RaceUnlocking tells the race detector that what was done so far happens before
// the next RaceLocked(p).
func RaceUnlocking(p *uint32) { runtime.RaceRelease(unsafe.Pointer(p)) }

// RaceReaderUnlocking is RaceUnlocking for one of several holders.
func RaceReaderUnlocking(p *uint32) { runtime.RaceReleaseMerge(unsafe.Pointer(p)) }
