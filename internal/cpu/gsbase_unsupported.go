//go:build !(linux && amd64)

package cpu

import "unsafe"

// This returns nil: there are no virtual CPUs on this system.
func This() *Block { return nil }

// Current returns nil: there are no tasks on this system.
func Current() unsafe.Pointer { return nil }
