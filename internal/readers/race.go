//go:build race && linux && amd64 && go1.25 && !go1.28

package readers

import (
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
)

// raceCPUs are the CPUs of this kernel, or the last.
var raceCPUs atomic.Pointer[[]*cpu.Block]

func raceSet(blocks []*cpu.Block) {
	if len(blocks) != 0 {
		raceCPUs.Store(&blocks)
	}
}

// RaceOver tells the race detector that all sections with preemption or interrupts
// off that have ended happened before what follows: a grace period is over.
func RaceOver() {
	if blocks := raceCPUs.Load(); blocks != nil {
		for _, b := range *blocks {
			cpu.RaceAcquireOf(b)
		}
	}
}
