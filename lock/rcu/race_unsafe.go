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

type edge struct{ word byte }

func (e *edge) end()  { runtime.RaceReleaseMerge(unsafe.Pointer(&e.word)) }
func (e *edge) over() { runtime.RaceAcquire(unsafe.Pointer(&e.word)) }

// Between these two atomic operations make no edges.
func raceOff() { runtime.RaceDisable() }
func raceOn()  { runtime.RaceEnable() }
