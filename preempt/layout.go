package preempt

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// For the assembly.
const (
	offCount = unsafe.Offsetof(cpu.Block{}.Count)
	offID    = unsafe.Offsetof(cpu.Block{}.ID)
)
