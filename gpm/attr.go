package gpm

import (
	"fmt"
	"time"
)

// Policy is how a task shares its CPU with others, as Linux's SCHED_NORMAL,
// SCHED_FIFO and so on.
type Policy uint8

const (
	// Normal tasks run when no FIFO or RR task wants the CPU. They share it by
	// their Nice.
	Normal Policy = iota
	// FIFO tasks run until they block, yield, or one of higher priority comes.
	FIFO
	// RR tasks are FIFO tasks that share a priority by time slices.
	RR
	// Batch tasks are Normal ones that take the CPU from no other when they wake.
	Batch
	// Idle tasks share the CPU with Normal ones, but get next to nothing of it
	// while one of those wants it, and lose it when one wakes.
	Idle
	// Deadline tasks run before all others, the one with the earliest deadline first,
	// each for its Runtime in each Period at most.
	Deadline
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
	case Batch:
		return "batch"
	case Idle:
		return "idle"
	case Deadline:
		return "deadline"
	}
	if p >= firstClass {
		return fmt.Sprintf("class %d", uint8(p-firstClass))
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
	// Policy is one of the constants or what Kernel.Register has returned. Priority:
	// 1 to 99 for FIFO and RR, 0 for the others.
	Policy   Policy
	Priority int
	// Nice, -20 to 19, of Normal and Batch tasks: a step less is a quarter more of
	// the CPU that they share, as in Linux. For others it must be 0.
	Nice int
	// Slice is how long the task wants to run in one go, of Normal, Batch and Idle
	// tasks; 0 means the kernel's (Config.Slice). 50 µs to 1 s. Shorter is sooner, but
	// not more: one that wakes takes the CPU from one with longer slices. It ends
	// at one of the kernel's ticks, which are Config.Slice apart. Linux:
	// sched_attr.sched_runtime.
	Slice time.Duration
	// Runtime, Deadline and Period of Deadline tasks: from when it wakes the task may
	// run for Runtime before Deadline is over, and again in each Period. One of the
	// latter two may be 0, and is what the other is then. One that wants more waits
	// for the next Period. 10 µs at least, 4 s at most. All together may ask for 95 % of
	// the CPUs: Spawn and SetAttr return ErrBandwidth beyond. What a task had that ends,
	// or becomes something else, is free when it would have had no more than its share:
	// a Period later at most, if it has kept to its Runtime. CPUs must be nil, and
	// Inherit false. Linux: sched_setattr(2).
	Runtime, Deadline, Period time.Duration
	// Group is the group that the task is in; nil means that of the task that starts
	// it, or the root. For SetAttr nil means that it stays where it is.
	Group *Group
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
	bad := badAttr
	switch a.Policy {
	case Normal, Batch, Idle:
		if a.Priority != 0 {
			return bad("Priority is %d, want 0 for policy %v", a.Priority, a.Policy)
		}
	case Deadline:
		if err := a.checkDeadline(); err != nil {
			return err
		}
	case FIFO, RR:
		if a.Priority < MinPriority || a.Priority > MaxPriority {
			return bad("Priority is %d, want %d to %d", a.Priority, MinPriority, MaxPriority)
		}
	default:
		if a.Policy < firstClass {
			return bad("unknown Policy %d", a.Policy)
		}
		if a.Priority != 0 {
			return bad("Priority is %d, want 0 for policy %v", a.Priority, a.Policy)
		}
	}
	if a.Nice < MinNice || a.Nice > MaxNice {
		return bad("Nice is %d, want %d to %d", a.Nice, MinNice, MaxNice)
	}
	if a.Nice != 0 && a.Policy != Normal && a.Policy != Batch {
		return bad("Nice is %d, want 0 for policy %v", a.Nice, a.Policy)
	}
	if a.Slice != 0 && (a.Slice < minSlice || a.Slice > maxSlice) {
		return bad("Slice is %v, want %v to %v", a.Slice, minSlice, maxSlice)
	}
	if a.Slice != 0 && a.Policy != Normal && a.Policy != Batch && a.Policy != Idle {
		return bad("Slice is %v, want 0 for policy %v", a.Slice, a.Policy)
	}
	if a.Policy != Deadline && (a.Runtime != 0 || a.Deadline != 0 || a.Period != 0) {
		return bad("Runtime, Deadline and Period are for Deadline tasks, not for policy %v", a.Policy)
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

func badAttr(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrAttr, fmt.Sprintf(format, args...))
}

// Bounds of what a Deadline task may ask for.
const (
	minRuntime = 10 * time.Microsecond
	maxPeriod  = 4 * time.Second
)

// checkDeadline is check's part for Deadline tasks.
func (a Attr) checkDeadline() error {
	deadline, period := a.Deadline, a.Period
	if deadline == 0 {
		deadline = period
	}
	if period == 0 {
		period = deadline
	}
	switch {
	case a.Priority != 0:
		return badAttr("Priority is %d, want 0 for policy %v", a.Priority, a.Policy)
	case a.Runtime < minRuntime || a.Runtime > deadline || deadline > period || period > maxPeriod:
		return badAttr("Runtime %v, Deadline %v, Period %v: want %v <= Runtime <= Deadline <= Period <= %v", a.Runtime, a.Deadline, a.Period, minRuntime, maxPeriod)
	case a.CPUs != nil:
		return badAttr("CPUs with policy %v: such tasks run on all", a.Policy)
	case a.Inherit:
		return badAttr("Inherit with policy %v: each task needs bandwidth of its own", a.Policy)
	}
	return nil
}
