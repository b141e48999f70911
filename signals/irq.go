package signals

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// The word in the per-CPU block: a flag for IRQDisable above a count for
// InterruptDisable. Interrupts are masked while it is not zero.
const (
	disabledFlag = 1 << 16
	countMask    = disabledFlag - 1
)

// Flags is what IRQSave returns: whether IRQDisable was in force.
type Flags uint32

// IRQDisable masks interrupts on this CPU. Calls do not nest: one IRQEnable
// undoes any number. Context: a task. Linux: local_irq_disable().
func IRQDisable() {
	if _, ok := cpu.OrIRQOff(disabledFlag); !ok {
		preempt.Raise("IRQDisable outside a task")
	}
	raceMasked()
}

// IRQEnable unmasks interrupts and replays what came meanwhile: if that wants
// the CPU, the caller is preempted here. Inside InterruptDisable they stay
// masked. Context: a task. Linux: local_irq_enable().
func IRQEnable() {
	raceUnmask()
	word, ok := cpu.AndIRQOff(^uint32(disabledFlag))
	if !ok {
		preempt.Raise("IRQEnable outside a task")
		return
	}
	if word == 0 {
		unmasked()
		replay()
	}
}

// IRQSave masks interrupts and returns how it was before, for IRQRestore.
// Context: a task. Linux: local_irq_save().
func IRQSave() Flags {
	old, ok := cpu.OrIRQOff(disabledFlag)
	if !ok {
		preempt.Raise("IRQSave outside a task")
	}
	raceMasked()
	return Flags(old & disabledFlag)
}

// IRQRestore puts the mask back to what IRQSave returned. Context: a task.
// Linux: local_irq_restore().
func IRQRestore(f Flags) {
	if f&disabledFlag == 0 {
		IRQEnable()
	} else {
		IRQDisable()
	}
}

// IRQsDisabled reports whether interrupts are masked on this CPU in any way;
// false outside a task. Context: any. Linux: irqs_disabled().
func IRQsDisabled() bool {
	soft, hard := cpu.IRQOff()
	return soft != 0 || hard != 0
}

// InterruptDisable masks interrupts until as many calls of InterruptEnable.
// Context: a task. Linux: local_interrupt_disable().
func InterruptDisable() {
	old, ok := cpu.AddIRQOff(1)
	switch {
	case !ok:
		preempt.Raise("InterruptDisable outside a task")
	case old&countMask >= countMask-10:
		preempt.Raise("InterruptDisable: nested too deep")
	}
	raceMasked()
}

// InterruptEnable ends a section of InterruptDisable; the outermost unmasks and
// replays. Without InterruptDisable it is a BUG. Context: a task. Linux:
// local_interrupt_enable().
func InterruptEnable() {
	soft, _ := cpu.IRQOff()
	if soft&countMask == 0 {
		preempt.Raise("InterruptEnable without InterruptDisable")
		return
	}
	raceUnmask()
	if old, _ := cpu.AddIRQOff(^uint32(0)); old == 1 {
		unmasked()
		replay()
	}
}

// replay serves an interrupt that was noted while they were masked, as the way
// out of it would have. While they are masked in the other way too, or
// preemption is disabled, the end of that does it.
func replay() {
	for cpu.TakePending() {
		if preempt.NeedResched() && preempt.Preemptible() {
			cpu.OrIRQOff(disabledFlag)
			preempt.ScheduleIRQ()
			cpu.AndIRQOff(^uint32(disabledFlag))
		}
	}
}
