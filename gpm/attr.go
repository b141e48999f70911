package gpm

import "fmt"

// Policy is how a task shares its CPU with others, as Linux's SCHED_NORMAL,
// SCHED_FIFO and SCHED_RR.
type Policy uint8

const (
	// Normal tasks run when no FIFO or RR task wants the CPU, by turns.
	Normal Policy = iota
	// FIFO tasks run until they block, yield, or one of higher priority comes.
	FIFO
	// RR tasks are FIFO tasks that share a priority by time slices.
	RR
)

// String returns the policy's name.
func (p Policy) String() string {
	switch p {
	case Normal:
		return "normal"
	case FIFO:
		return "fifo"
	case RR:
		return "rr"
	}
	return fmt.Sprintf("Policy(%d)", uint8(p))
}

// Priorities of FIFO and RR tasks; higher first.
const (
	MinPriority = 1
	MaxPriority = 99
)

// Attr says how a task is to be run. The zero value is a Normal task.
type Attr struct {
	// Name is for logs and statistics.
	Name string
	// Policy and Priority: 0 for Normal, 1 to 99 for FIFO and RR.
	Policy   Policy
	Priority int
	// CPUs lists the virtual CPUs that may run the task; nil means all.
	CPUs []int
	// Inherit makes every goroutine that the task starts a task with the same
	// Attr, and so on down.
	Inherit bool
	// OnPanic is called, in the task, with the value of a panic that reaches
	// the task's top and the stack; nil lets it end the program, as in any
	// goroutine. Goroutines that inherit have no such net.
	OnPanic func(value any, stack []byte)
}

// check reports what is wrong with a for a kernel of cpus CPUs.
func (a Attr) check(cpus int) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrAttr, fmt.Sprintf(format, args...))
	}
	switch a.Policy {
	case Normal:
		if a.Priority != 0 {
			return bad("Priority is %d, want 0 for a Normal task", a.Priority)
		}
	case FIFO, RR:
		if a.Priority < MinPriority || a.Priority > MaxPriority {
			return bad("Priority is %d, want %d to %d", a.Priority, MinPriority, MaxPriority)
		}
	default:
		return bad("unknown Policy %d", a.Policy)
	}
	if a.CPUs != nil && len(a.CPUs) == 0 {
		return bad("CPUs is empty")
	}
	for _, c := range a.CPUs {
		if c < 0 || c >= cpus {
			return bad("CPUs names CPU %d; there are %d", c, cpus)
		}
	}
	return nil
}
