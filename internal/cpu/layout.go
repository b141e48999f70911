package cpu

import "unsafe"

// Offsets of Block's fields for assembly: a constant of this package becomes
// const_NAME in this package's go_asm.h.
const (
	offCount   = unsafe.Offsetof(Block{}.Count)
	offCurrent = unsafe.Offsetof(Block{}.Current)
)
