package signals

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// BHDisable disables softirqs on this CPU, and with them preemption, until as many
// calls of BHEnable; calls nest. Outside a task it is a BUG. Context: a task,
// atomic or not. Linux: local_bh_disable().
func BHDisable() {
	if cpu.This() == nil {
		preempt.Raise("BHDisable outside a task")
		return
	}
	preempt.Disable() // with -race: what it and Enable say of sections on one CPU
	preempt.AddCount(preempt.SoftIRQDisableOffset)
	preempt.EnableNoResched()
}

// BHEnable ends a section of BHDisable. The outermost serves the softirqs that
// were raised meanwhile, and then, if somebody wants the CPU, the caller is
// preempted here. Without BHDisable it is a BUG. Context: a task, interrupts not
// masked. Linux: local_bh_enable().
func BHEnable() {
	if preempt.Count()&preempt.SoftIRQMask < preempt.SoftIRQDisableOffset {
		preempt.Raise("BHEnable without BHDisable")
		return
	}
	preempt.Disable() // stay here until the softirqs are served
	preempt.SubCount(preempt.SoftIRQDisableOffset)
	if !preempt.InInterrupt() {
		serveSoftIRQs()
	}
	preempt.Enable()
}

// serveSoftIRQs runs what is pending. Nothing raises a softirq yet. Linux:
// do_softirq(). Context: preemption disabled once, softirqs enabled.
func serveSoftIRQs() {}
