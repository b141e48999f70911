//go:build !(linux && amd64 && go1.25 && !go1.28)

package gpm

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/gokern/gokern/preempt"
)

// The same face on systems, processors and Go versions that the port does not
// know: everything builds, every entry says what is missing.

func unsupported() error {
	return fmt.Errorf("%w: %s on %s/%s; it runs on linux/amd64 with go1.25, go1.26 and go1.27", ErrUnsupported, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// Kernel is a running kernel; there is none on this system.
type Kernel struct{}

// Boot returns an error that wraps ErrUnsupported.
func Boot(Config) (*Kernel, error) { return nil, unsupported() }

// Spawn returns an error that wraps ErrUnsupported.
func (*Kernel) Spawn(Attr, func()) (*Task, error) { return nil, unsupported() }

// Go returns an error that wraps ErrUnsupported.
func (*Kernel) Go(Attr, func()) error { return unsupported() }

// Do returns an error that wraps ErrUnsupported, and does not call fn.
func (*Kernel) Do(Attr, func()) error { return unsupported() }

// Group is a set of tasks; there is none on this system.
type Group struct{}

// NewGroup returns an error that wraps ErrUnsupported.
func (*Kernel) NewGroup(*Group, GroupAttr) (*Group, error) { return nil, unsupported() }

// RootGroup returns nil.
func (*Kernel) RootGroup() *Group { return nil }

// Attr returns the zero GroupAttr.
func (*Group) Attr() GroupAttr { return GroupAttr{} }

// Parent returns nil.
func (*Group) Parent() *Group { return nil }

// SetAttr returns an error that wraps ErrUnsupported.
func (*Group) SetAttr(GroupAttr) error { return unsupported() }

// Stats returns zeros.
func (*Group) Stats() GroupStats { return GroupStats{} }

// Register returns an error that wraps ErrUnsupported.
func (*Kernel) Register(string, Class, time.Duration) (Policy, error) { return 0, unsupported() }

// Unregister returns an error that wraps ErrUnsupported.
func (*Kernel) Unregister(Policy) error { return unsupported() }

// PolicyErr returns an error that wraps ErrUnsupported.
func (*Kernel) PolicyErr(Policy) error { return unsupported() }

// Shutdown returns an error that wraps ErrUnsupported.
func (*Kernel) Shutdown(context.Context) error { return unsupported() }

// Offline returns an error that wraps ErrUnsupported.
func (*Kernel) Offline(int) error { return unsupported() }

// Online returns an error that wraps ErrUnsupported.
func (*Kernel) Online(int) error { return unsupported() }

// OnlineCPUs returns nil.
func (*Kernel) OnlineCPUs() []int { return nil }

// Stats returns zeros.
func (*Kernel) Stats() Stats { return Stats{} }

// SetPreemption returns an error that wraps ErrUnsupported.
func (*Kernel) SetPreemption(preempt.Model) error { return unsupported() }

// Preemption returns Full.
func (*Kernel) Preemption() preempt.Model { return preempt.Full }

// notes is what the kernel writes of a task's switches; there is none on this system.
type notes struct{}

// Register returns an error that wraps ErrUnsupported.
func (*PreemptNotifier) Register() error { return unsupported() }

// Unregister does nothing.
func (*PreemptNotifier) Unregister() {}

// Deliver returns false.
func (*PreemptNotifier) Deliver() bool { return false }

// Switches returns 0.
func (*PreemptNotifier) Switches() int64 { return 0 }

// Running returns false.
func (*PreemptNotifier) Running() bool { return false }

// Preempted returns false.
func (*PreemptNotifier) Preempted() bool { return false }

// Away returns 0.
func (*PreemptNotifier) Away() time.Duration { return 0 }

// LastWakeUp reports that there is none.
func (*PreemptNotifier) LastWakeUp() (WakeUp, bool) { return WakeUp{}, false }

// SelfTest returns an error that wraps ErrUnsupported.
func (*Kernel) SelfTest() ([]Check, error) { return nil, unsupported() }

// Task is a goroutine that the kernel runs; there is none on this system.
type Task struct{}

// ID returns 0.
func (*Task) ID() int64 { return 0 }

// Name returns "".
func (*Task) Name() string { return "" }

// Attr returns the zero Attr.
func (*Task) Attr() Attr { return Attr{} }

// String names no task.
func (*Task) String() string { return "no task" }

// CPU returns -1.
func (*Task) CPU() int { return -1 }

// Goroutine returns 0.
func (*Task) Goroutine() uint64 { return 0 }

// State returns Dead.
func (*Task) State() State { return Dead }

// Runtime returns 0.
func (*Task) Runtime() time.Duration { return 0 }

// SetAttr returns an error that wraps ErrUnsupported.
func (*Task) SetAttr(Attr) error { return unsupported() }

// Priority returns 0.
func (*Task) Priority() int { return 0 }

// Lend does nothing.
func (*Task) Lend(int64) {}

// Urgency returns 0.
func (*Task) Urgency() int64 { return 0 }

// Overruns returns 0.
func (*Task) Overruns() uint64 { return 0 }

// Lender returns nil.
func (*Task) Lender() *any { return nil }

// SetPriorityHook does nothing.
func SetPriorityHook(func(*Task)) {}

// RunningAt returns nil.
func RunningAt(uintptr) *Task { return nil }

// Wait returns an error that wraps ErrUnsupported.
func (*Task) Wait(context.Context) error { return unsupported() }

// Current returns nil: the caller is no task.
func Current() *Task { return nil }

// Yield is runtime.Gosched.
func Yield() { runtime.Gosched() }

// Sleep is time.Sleep.
func Sleep(d time.Duration) { time.Sleep(d) }

// Outside calls fn.
func Outside(fn func()) { fn() }
