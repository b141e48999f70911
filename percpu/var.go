package percpu

import (
	"fmt"
	"iter"
	"weak"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// Var is a variable of which each CPU has its own; all are the zero T at
// first. It is of any type and lives in Go's heap, so it may hold pointers, and
// the race detector knows it: what is touched only between GetPtr and PutPtr is
// no race, and touched without, by more than one task, it is. Linux:
// DEFINE_PER_CPU().
type Var[T any] struct {
	cpus []slot[T] // of the CPUs that were possible when it was made
	more atomic.Pointer[[]*T]
}

// A slot has two cache lines between its value and the one before, for the
// processor fetches lines in pairs.
type slot[T any] struct {
	_ [padding]byte
	v T
}

const padding = 128 // bytes

// NewVar returns a new Var. Package variables may be made so: a Var needs no
// kernel, and keeps its values when one is shut down and another booted. It is
// garbage when it is unreachable. Context: may block. Linux: alloc_percpu().
func NewVar[T any]() *Var[T] {
	v := &Var[T]{cpus: newSlots[T](Possible())}
	reference := weak.Make(v)
	cpu.OnPossible(func(n int) bool {
		v := reference.Value()
		if v != nil {
			v.extend(n)
		}
		return v != nil
	})
	return v
}

// Release gives the memory back at once, where others still have a reference to
// v or to one CPU's variable that they will not use. A later use of v is a BUG.
// Linux: free_percpu().
func (v *Var[T]) Release() {
	v.cpus = nil
	v.more.Store(nil)
}

// GetPtr disables preemption and returns this CPU's variable; PutPtr ends the
// section. Outside a task it is a BUG. Context: a task, atomic or not. Linux:
// get_cpu_ptr().
func (v *Var[T]) GetPtr() *T {
	n := preempt.DisableCPU()
	if uint(n) < uint(len(v.cpus)) {
		return &v.cpus[n].v
	}
	p := v.rare(n)
	if p == nil && n >= 0 {
		preempt.Enable()
		released()
	}
	return p
}

// PutPtr ends the section that GetPtr began. Context: a task. Linux:
// put_cpu_ptr().
func (v *Var[T]) PutPtr() { preempt.Enable() }

// This returns this CPU's variable. The caller must be unable to leave the CPU:
// to call it while it could is a BUG if preempt.SetDebug is on. Outside a task
// it is a BUG always. Context: a task. Linux: this_cpu_ptr().
func (v *Var[T]) This() *T {
	n := cpu.Number()
	if n < 0 || preempt.Debugging() {
		check(n, "This")
	}
	if uint(n) < uint(len(v.cpus)) {
		return &v.cpus[n].v
	}
	p := v.rare(n)
	if p == nil && n >= 0 {
		released()
	}
	return p
}

// RawThis returns the variable of the CPU that the caller is on at that moment,
// nil outside a task. Context: any. Linux: raw_cpu_ptr().
func (v *Var[T]) RawThis() *T { return v.at(cpu.Number()) }

// Of returns the variable of CPU n. What the CPU does with it meanwhile is the
// caller's concern. Context: any. Linux: per_cpu_ptr().
func (v *Var[T]) Of(n int) *T {
	if uint(n) < uint(len(v.cpus)) {
		return &v.cpus[n].v
	}
	if p := v.rare(n); p != nil {
		return p
	}
	panic(noCPU(n))
}

// Each yields each possible CPU's number and variable. Context: any. Linux:
// for_each_possible_cpu().
func (v *Var[T]) Each() iter.Seq2[int, *T] {
	return func(yield func(int, *T) bool) {
		for n := range Possible() {
			if !yield(n, v.Of(n)) {
				return
			}
		}
	}
}

// at returns the variable of CPU n, which is possible.
func (v *Var[T]) at(n int) *T {
	if uint(n) < uint(len(v.cpus)) {
		return &v.cpus[n].v
	}
	return v.rare(n)
}

// rare returns the variable of a CPU that was not possible when v was made, nil
// if there is none such.
func (v *Var[T]) rare(n int) *T {
	if n -= len(v.cpus); n >= 0 {
		if more := v.more.Load(); more != nil && n < len(*more) {
			return (*more)[n]
		}
	}
	return nil
}

func released() { preempt.Raise("use of a Var that is released, or not from NewVar") }

// extend makes room for CPUs that become possible. What is there stays where it
// is.
func (v *Var[T]) extend(possible int) {
	var more []*T
	if old := v.more.Load(); old != nil {
		more = append(more, *old...)
	}
	have := len(v.cpus) + len(more)
	if have == 0 || have >= possible { // released, or enough
		return
	}
	slots := newSlots[T](possible - have)
	for i := range slots {
		more = append(more, &slots[i].v)
	}
	v.more.Store(&more)
}

// newSlots returns n slots: and one more, for its padding.
func newSlots[T any](n int) []slot[T] { return make([]slot[T], n+1)[:n] }

func noCPU(n int) string { return fmt.Sprintf("percpu: there is no CPU %d of %d", n, Possible()) }
