//go:build race

package rcu

import (
	"runtime"
	"unsafe"
)

// What the race detector is told: the end of a read-side section happens before
// the return from a wait for a grace period. That is all: one reader's section
// says nothing about another's, and a grace period nothing about later sections,
// so data that is published without Assign is still reported.

var raceWord byte

func raceEnd()  { runtime.RaceReleaseMerge(unsafe.Pointer(&raceWord)) }
func raceOver() { runtime.RaceAcquire(unsafe.Pointer(&raceWord)) }

// Between these two atomic operations make no edges.
func raceOff() { runtime.RaceDisable() }
func raceOn()  { runtime.RaceEnable() }

func (s *SRCU) raceEnd()  { runtime.RaceReleaseMerge(unsafe.Pointer(&s.raceWord)) }
func (s *SRCU) raceOver() { runtime.RaceAcquire(unsafe.Pointer(&s.raceWord)) }
