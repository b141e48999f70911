//go:build !(linux && amd64)

package cpu

import "unsafe"

// This returns nil: there are no virtual CPUs on this system.
func This() *Block { return nil }

// Current returns nil: there are no tasks on this system.
func Current() unsafe.Pointer { return nil }

// AddCount changes nothing.
func AddCount(uint32) (word uint32, ok bool) { return 0, false }

// ClearActive changes nothing.
func ClearActive() {}

// Word returns ok = false.
func Word() (word uint32, ok bool) { return 0, false }

// AddIRQOff changes nothing.
func AddIRQOff(uint32) (old uint32, ok bool) { return 0, false }

// SetIRQOff changes nothing.
func SetIRQOff(uint32) (old uint32, ok bool) { return 0, false }

// IRQOff returns zeros.
func IRQOff() (soft, hard uint32) { return 0, 0 }

// TakePending returns false.
func TakePending() bool { return false }

// Number returns -1.
func Number() int { return -1 }

// SetNeed does nothing.
func SetNeed() {}

// OrIRQOff changes nothing.
func OrIRQOff(uint32) (old uint32, ok bool) { return 0, false }

// AndIRQOff changes nothing.
func AndIRQOff(uint32) (word uint32, ok bool) { return 0, false }

// AddHardOff changes nothing.
func AddHardOff(uint32) (depth uint32, ok bool) { return 0, false }

// G returns 0: a goroutine has no cheap number on this system.
func G() uintptr { return 0 }
