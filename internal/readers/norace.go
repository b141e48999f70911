//go:build !race && linux && amd64 && go1.25 && !go1.28

package readers

import "github.com/gokern/gokern/internal/cpu"

func raceSet([]*cpu.Block) {}

// RaceOver does nothing without the race detector.
func RaceOver() {}
