package readers

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// maxCPUs is the most that a kernel has.
const maxCPUs = 256

// Request waits for one grace period. It is one goroutine's.
type Request struct {
	Cookie uint64 // the grace period
	Quiet  bool   // the caller is in no section itself, and not atomic

	// What the last step has found.

	Seq  uint64               // which grace period is under way, if odd
	Done bool                 // the cookie's is over
	Late [maxCPUs / 64]uint64 // CPUs that it waits for, bits by their IDs

	ask uint32
}

// Holdup is what a grace period waits for.
type Holdup struct {
	CPUs   [8]HeldCPU
	NCPUs  int
	Tasks  [16]*goport.Task
	NTasks int
	More   int // tasks for which there is no room
}

// HeldCPU is a CPU that has not been quiescent since the begin.
type HeldCPU struct {
	ID     int32
	Task   *goport.Task
	Depth  uint32 // of its read-side sections
	Count  uint32 // preempt_count
	IRQOff bool
	IRQs   uint64 // interrupts it had taken
	block  *cpu.Block
}

// Who is a task, for people.
type Who struct {
	ID    int64
	Name  string
	State string
	Stack func() string // of its goroutine; stops the world
}

// Why says what kind of section the CPU is in.
func (c *HeldCPU) Why() string {
	switch {
	case c.IRQOff:
		return "interrupts are off"
	case c.Count != 0:
		return "preemption is off"
	case c.Depth != 0:
		return "a running task is in a read-side section"
	}
	return "a CPU has not answered yet"
}
