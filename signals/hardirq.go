package signals

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/preempt"
)

// HardIRQDisable blocks the interrupt signal on this CPU's thread until as many
// calls of HardIRQEnable: not even the handler runs. Context: a task. Cost: a
// system call for the outermost.
func HardIRQDisable() {
	if cpu.This() == nil {
		preempt.Raise("HardIRQDisable outside a task")
		return
	}
	preempt.Disable() // stay here until the depth says so
	if depth, _ := cpu.AddHardOff(1); depth == 1 {
		goport.BlockInterrupt(true)
	}
	preempt.EnableNoResched()
	raceMasked()
}

// HardIRQEnable ends a section of HardIRQDisable; the outermost unblocks the
// signal, and one that came meanwhile is taken here. Without HardIRQDisable it
// is a BUG. Context: a task.
func HardIRQEnable() {
	if _, hard := cpu.IRQOff(); hard == 0 {
		preempt.Raise("HardIRQEnable without HardIRQDisable")
		return
	}
	raceUnmask()
	preempt.Disable()
	if depth, _ := cpu.AddHardOff(^uint32(0)); depth == 0 {
		goport.BlockInterrupt(false)
		unmasked()
	}
	preempt.Enable()
}
