//go:build linux && amd64

package cpu

// G returns the address of the calling goroutine's g: a number that no other
// goroutine has as long as this one lives, whether it is a task or not.
func G() uintptr
