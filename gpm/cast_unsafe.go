//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/heap"
	"github.com/gokern/gokern/internal/irq"
)

// The conversions between what internal/goport knows of a thing and the whole
// thing: in each case the former is the latter's first field.

// taskOf returns the task of which t is the first field.
//
//go:norace
func taskOf(t *goport.Task) *Task { return (*Task)(unsafe.Pointer(t)) }

// taskOfNode returns the task of which n is a field.
//
//go:norace
func taskOfNode(n *heap.Node) *Task {
	return (*Task)(unsafe.Add(unsafe.Pointer(n), -int(unsafe.Offsetof(Task{}.fairTask)+unsafe.Offsetof(fairTask{}.node))))
}

// promiseOf returns the promise of which n is the first field.
//
//go:norace
func promiseOf(n *heap.Node) *promise { return (*promise)(unsafe.Pointer(n)) }

// cpuOf returns the virtual CPU of which b is the first field.
//
//go:norace
func cpuOf(b *cpu.Block) *vcpu { return (*vcpu)(unsafe.Pointer(b)) }

// vcpuOf returns the virtual CPU of which i is a part.
//
//go:norace
func vcpuOf(i *irq.CPU) *vcpu { return cpuOf(i.Block()) }

// current returns the task that runs on this CPU, nil outside a task.
//
//go:norace
func current() *Task { return (*Task)(cpu.Current()) }

// onG0 calls f(a) on this thread's g0. f is marked norace and is no closure.
func onG0[T any](f func(unsafe.Pointer), a *T) { goport.OnG0(f, unsafe.Pointer(a)) }

// Func adapters of onG0 take an unsafe.Pointer; arg gives it its type back.
//
//go:norace
func arg[T any](p unsafe.Pointer) *T { return (*T)(p) }

const (
	_ = -unsafe.Offsetof(Task{}.Task)  // does not compile unless it is 0
	_ = -unsafe.Offsetof(vcpu{}.Block) // likewise
	_ = -unsafe.Offsetof(promise{}.node)

	// What one CPU takes from another's caches in a wake-up begins with a cache line.
	_ = -((unsafe.Offsetof(vcpu{}.Block.Need) + mallocHeader) % 64)
	_ = -((unsafe.Offsetof(Task{}.on) + mallocHeader) % 64)

	// mallocHeader is what Go puts before an object of this size.
	mallocHeader = 8
)
