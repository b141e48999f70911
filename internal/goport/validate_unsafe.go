//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"sync"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"golang.org/x/sys/unix"
)

// What the validator of locks needs of the runtime. It works beside a kernel and
// without one, for tasks and ordinary goroutines, in any context.

// resolving serialises Resolve, which Boot and Prepare call.
var resolving sync.Mutex

// Prepare makes CallOnG0 and Self usable, now and for good, and reports whether
// it could. Context: may block.
func Prepare() bool {
	resolving.Lock()
	done := resolved != nil
	resolving.Unlock()
	if done {
		return true
	}
	_, err := Resolve()
	return err == nil
}

// CallOnG0 is OnG0 for an arg that f does not keep, so that arg may be on the
// caller's stack.
func CallOnG0(f func(unsafe.Pointer), arg unsafe.Pointer) { onG0Noescape(f, arg) }

// onG0Noescape is onG0. On g0 nothing moves the goroutine's stack.
//
//go:noescape
func onG0Noescape(f func(unsafe.Pointer), arg unsafe.Pointer)

// Self returns the calling goroutine's g, and its number, which no other
// goroutine of the process ever has. Context: any, after Prepare.
//
//go:norace
func Self() (g uintptr, goid uint64) {
	g = getg()
	return g, uint64(load64(g + gGoid))
}

// Callers stores where the caller's callers will return to, itself first, and
// returns how many there are. It follows frame pointers, a few ns for all, and so
// leaves out what is inlined. Context: any, on the
// goroutine's own stack.
//
//go:norace
func Callers(pcs []uintptr) int {
	if len(pcs) == 0 {
		return 0
	}
	return frames(&pcs[0], len(pcs))
}

//go:noescape
func frames(pcs *uintptr, n int) int

// HostYield lets the host run another thread. Context: any.
//
//go:norace
func HostYield() { cpu.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0, 0, 0, 0) }
