package cpu

import "unsafe"

// Offsets of Block's fields for assembly: a constant of this package becomes
// const_NAME in this package's go_asm.h.
const (
	offSelf    = unsafe.Offsetof(Block{}.Self)
	offCount   = unsafe.Offsetof(Block{}.Count)
	offIRQOff  = unsafe.Offsetof(Block{}.IRQOff)
	offHardOff = unsafe.Offsetof(Block{}.HardOff)
	offPending = unsafe.Offsetof(Block{}.Pending)
	offID      = unsafe.Offsetof(Block{}.ID)
	offNeed    = unsafe.Offsetof(Block{}.Need)
	offArea    = unsafe.Offsetof(Block{}.Area)
	offCurrent = unsafe.Offsetof(Block{}.Current)
	offReader  = ReaderOffset
)
