package preempt

import (
	"errors"
	"fmt"

	"github.com/gokern/gokern/internal/cpu"
)

// Model is a preemption model: where a task can lose its CPU to another that does
// not wait for it to block or yield. Package gpm sets it, at Boot and at run time.
// Linux: PREEMPT_DYNAMIC, the boot option preempt=.
//
// Whatever the model, the Go runtime is served: a collection, a stopped world and
// sysmon's requests stop a task that computes as they always do. Under Voluntary
// and None the same task goes on afterwards, unless it was stopped to have its stack
// scanned: that is as if it had blocked for a moment.
type Model uint32

// The models, and what their names are in Linux.
const (
	// Full preempts between any two instructions, and where preemption is
	// enabled again. CondResched and MightResched do nothing. It is the default.
	Full Model = cpu.ModelFull
	// Lazy is Full for the sake of FIFO, RR and Deadline tasks. One that is
	// Normal, Batch or Idle is left on its CPU, when its like wakes or its slice
	// ends, until it blocks or yields, but only until the next tick.
	Lazy Model = cpu.ModelLazy
	// Voluntary switches where a task blocks or yields, and where it says that it
	// may: in CondResched, and in MightResched, which packages lock, signals and
	// workqueue do where they might sleep.
	Voluntary Model = cpu.ModelVoluntary
	// None switches where a task blocks or yields and in CondResched.
	None Model = cpu.ModelNone
)

var modelNames = [...]string{Full: "full", Lazy: "lazy", Voluntary: "voluntary", None: "none"}

// ErrModel is what ParseModel and gpm's SetPreemption return for what is no model.
var ErrModel = errors.New("gokern: no such preemption model")

// Valid reports whether m is one of the four. Context: any.
func (m Model) Valid() bool { return m < Model(len(modelNames)) }

// String returns the model's name in Linux. Context: any.
func (m Model) String() string {
	if !m.Valid() {
		return fmt.Sprintf("Model(%d)", uint32(m))
	}
	return modelNames[m]
}

// ParseModel returns the model of that name: none, voluntary, full or lazy. Errors:
// ErrModel. Context: any. Linux: sched_dynamic_mode().
func ParseModel(name string) (Model, error) {
	for m, n := range modelNames {
		if n == name {
			return Model(m), nil
		}
	}
	return Full, fmt.Errorf("%w: %q is none of none, voluntary, full, lazy", ErrModel, name)
}

// MarshalText returns the model's name. Errors: ErrModel. Context: any.
func (m Model) MarshalText() ([]byte, error) {
	if !m.Valid() {
		return nil, fmt.Errorf("%w: %v", ErrModel, m)
	}
	return []byte(m.String()), nil
}

// UnmarshalText sets *m by name, for flags and configuration files. Errors: ErrModel. Context:
// any.
func (m *Model) UnmarshalText(text []byte) error {
	n, err := ParseModel(string(text))
	if err == nil {
		*m = n
	}
	return err
}

// GetModel returns the model in force; Full without a kernel. Context: any. Linux:
// preempt_model_none(), preempt_model_voluntary(), preempt_model_full(),
// preempt_model_lazy().
func GetModel() Model { return Model(cpu.Model()) }

// CondResched lets others run, under Voluntary and None, if somebody wants the CPU,
// and reports whether it did. Long computations call it now and then. Under Full and
// Lazy, in an atomic section, with interrupts masked and outside a task it does
// nothing. Context: any. Linux: cond_resched().
func CondResched() bool { return cpu.Cooperative() && condResched() }

// MightResched is CondResched under Voluntary, and nothing under the other models.
// What might sleep calls it before, whether it sleeps or not: locks, and what waits in
// packages signals and workqueue. Context: any.
// Linux: might_resched().
func MightResched() {
	if cpu.Model() == cpu.ModelVoluntary {
		condResched()
	}
}

func condResched() bool {
	if !NeedResched() || !Preemptible() {
		return false
	}
	schedule()
	return true
}
