//go:build race

package signals

import "github.com/gokern/gokern/internal/cpu"

// A section with interrupts masked is to the race detector what one with
// preemption off is (preempt/disable_race.go): nothing can come between, so one
// happens before the next on the same CPU.

func raceMasked() { cpu.RaceAcquire() }

func raceUnmask() { cpu.RaceRelease() }
