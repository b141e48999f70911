//go:build !(linux && amd64 && go1.25 && !go1.28)

package goport

import (
	"runtime"
	"unsafe"
)

// BlockInterrupt does nothing: there are no interrupts on this system.
func BlockInterrupt(bool) {}

// Prepare returns false: nothing is known of the runtime.
func Prepare() bool { return false }

// CallOnG0 calls f, on the goroutine's own stack.
func CallOnG0(f func(unsafe.Pointer), arg unsafe.Pointer) { f(arg) }

// Self returns zeros.
func Self() (g uintptr, goid uint64) { return 0, 0 }

// Callers stores where the caller's callers will return to and returns how many
// there are.
func Callers(pcs []uintptr) int { return runtime.Callers(2, pcs) }

// HostYield does nothing.
func HostYield() {}
