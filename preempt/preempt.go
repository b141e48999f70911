package preempt

import (
	"runtime"

	"github.com/gokern/gokern/internal/cpu"
)

// Count returns the preempt_count, without need-resched; 0 outside a task.
// Context: any. Linux: preempt_count().
func Count() uint32 {
	word, _ := cpu.Word()
	return word &^ cpu.NoNeed
}

// Preemptible reports whether the caller may be preempted now: it is a task,
// the count is zero and interrupts are not masked. Context: any. Linux:
// preemptible().
func Preemptible() bool {
	word, ok := cpu.Word()
	soft, hard := cpu.IRQOff()
	return ok && word&^cpu.NoNeed == 0 && soft == 0 && hard == 0
}

// NeedResched reports whether the CPU has been asked to switch; false outside
// a task. Context: any. Linux: need_resched().
func NeedResched() bool {
	word, ok := cpu.Word()
	return ok && word&cpu.NoNeed == 0
}

// SetNeedResched asks this CPU to switch at the next opportunity. Context: a
// task; outside it does nothing. Linux: set_tsk_need_resched() and
// set_preempt_need_resched() of the current task.
func SetNeedResched() { cpu.SetNeed() }

// CheckResched reschedules if that is wanted and allowed. Context: a task.
// Linux: preempt_check_resched().
func CheckResched() {
	if NeedResched() {
		Schedule()
	}
}

// InHardIRQ reports whether the count says that a hard interrupt is being
// served. Context: any. Linux: in_hardirq().
func InHardIRQ() bool { return Count()&HardIRQMask != 0 }

// InSoftIRQ reports whether a softirq is being served or softirqs are disabled.
// Context: any. Linux: in_softirq().
func InSoftIRQ() bool { return Count()&SoftIRQMask != 0 }

// InServingSoftIRQ reports whether a softirq is being served. Context: any.
// Linux: in_serving_softirq().
func InServingSoftIRQ() bool { return Count()&SoftIRQOffset != 0 }

// InNMI reports whether an NMI is being served. Context: any. Linux: in_nmi().
func InNMI() bool { return Count()&NMIMask != 0 }

// InInterrupt reports whether any of these is so. Context: any. Linux:
// in_interrupt().
func InInterrupt() bool { return Count()&(HardIRQMask|SoftIRQMask|NMIMask) != 0 }

// InTask reports whether the caller is in task context: in no hard interrupt,
// NMI or served softirq. Outside a task it is false. Context: any. Linux: in_task().
func InTask() bool {
	word, ok := cpu.Word()
	return ok && word&(HardIRQMask|NMIMask|SoftIRQOffset) == 0
}

// InAtomic reports whether the count is not zero, so the caller must not block.
// Context: any. Linux: in_atomic().
func InAtomic() bool { return Count() != 0 }

// AddCount adds n, one of the Offset constants, to the count: for packages that
// build other sections. A preempt field that comes within 10 of its mask is a BUG.
// Context: a task. Linux: preempt_count_add().
func AddCount(n uint32) {
	word, ok := cpu.AddCount(n)
	switch {
	case !ok:
		bug("AddCount outside a task")
	case n == PreemptOffset && word&PreemptMask >= PreemptMask-10:
		bug("AddCount: the count is within 10 of its mask")
	}
}

// SubCount takes n from the count, without rescheduling. A field that would go
// below zero is a BUG. Context: a task. Linux: preempt_count_sub().
func SubCount(n uint32) {
	word, ok := cpu.Word()
	switch {
	case !ok:
		bug("SubCount outside a task")
	case word&fieldOf(n) < n:
		bug("SubCount: the count would go below zero")
	default:
		cpu.AddCount(-n)
	}
}

// fieldOf returns the mask of the field that n belongs to.
func fieldOf(n uint32) uint32 {
	switch {
	case n >= NMIOffset:
		return NMIMask
	case n >= HardIRQOffset:
		return HardIRQMask
	case n >= SoftIRQOffset:
		return SoftIRQMask
	}
	return PreemptMask
}

// Schedule is preempt_schedule: it returns at once if the count is not zero or
// interrupts are masked; else it switches, again as long as that is wanted. The
// task stays on its queue whatever its state. Under Voluntary and None it does
// nothing. Context: a task.
func Schedule() {
	switch {
	case !Preemptible():
	case cpu.Cooperative():
		decline()
	default:
		schedule()
	}
}

// schedule is preempt_schedule_common.
func schedule() {
	for {
		cpu.AddCount(Active)
		runtime.Gosched()
		cpu.ClearActive()
		if !NeedResched() {
			return
		}
	}
}

// ScheduleIRQ is preempt_schedule_irq: it is entered, and returns, with
// interrupts masked once (signals.IRQDisable) and a count of zero, on the way
// out of an interrupt. Under Voluntary and None it does nothing. Context: a task.
func ScheduleIRQ() {
	if _, hard := cpu.IRQOff(); Count() != 0 || hard != 0 {
		return
	}
	if cpu.Cooperative() {
		old, _ := cpu.SetIRQOff(0)
		decline()
		cpu.SetIRQOff(old)
		return
	}
	for {
		cpu.AddCount(Active)
		old, _ := cpu.SetIRQOff(0)
		runtime.Gosched()
		cpu.SetIRQOff(old)
		cpu.ClearActive()
		if !NeedResched() {
			return
		}
	}
}

// ScheduleTail ends the section that a new task starts in. Not for users. Context: a
// new task. Linux: schedule_tail().
func ScheduleTail() { enable() }
