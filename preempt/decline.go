//go:build linux && amd64 && go1.25 && !go1.28

package preempt

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// decline is what preempt_schedule does under a model that does not preempt. A timer
// that has expired, or RCU, may still need the scheduler to come by: it does so as if
// Go had asked, and the task keeps its CPU.
func decline() {
	for visits, wanted := false, true; wanted && !visits; {
		cpu.AddCount(1) // stay here
		visits = declineHere(cpu.This())
		cpu.AddCount(^uint32(0))
		wanted = visitWanted(cpu.This()) // an interrupt came between: nobody else looks
	}
	cross()
}

// declineHere counts, and reports whether the next prologue passes through the
// scheduler. The caller has preemption off. Not instrumented: the words are the CPU's.
//
//go:norace
func declineHere(b *cpu.Block) bool {
	b.Declined++
	if b.Visit == 0 {
		return false
	}
	goport.Poison(b)
	return true
}

//go:norace
func visitWanted(b *cpu.Block) bool { return b != nil && b.Visit != 0 }

// cross has a prologue, which looks at the stack guard.
//
//go:noinline
func cross() { var frame [64]byte; use(&frame) }

//go:noinline
func use(*[64]byte) {}
