//go:build !linux

package measure

import "time"

// CPUTime returns the CPU time that the process has used, 0 if unknown.
func CPUTime() time.Duration { return 0 }
