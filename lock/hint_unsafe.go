package lock

import "unsafe"

// here returns the address of *x, a variable in the caller's stack.
func here(x *byte) uintptr { return uintptr(unsafe.Pointer(x)) }

// ownerHint tells who spins for a lock where its owner runs: an address in the
// owner's stack, noted without any synchronisation. It may be out of date or, as
// stacks move, wrong, so nothing but the wish to spin depends on it.
type ownerHint struct{ at uintptr }

//go:norace
func (h *ownerHint) set(at uintptr) { h.at = at }

//go:norace
func (h *ownerHint) get() uintptr { return h.at }
