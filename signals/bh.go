package signals

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// BHDisable disables softirqs on this CPU, and with them preemption, until as many
// calls of BHEnable; calls nest. Outside a task it is a BUG. Context: a task,
// atomic or not. Linux: local_bh_disable().
func BHDisable() {
	word, ok := cpu.AddCount(preempt.SoftIRQDisableOffset)
	switch {
	case !ok:
		preempt.Raise("BHDisable outside a task")
		return
	case word&preempt.SoftIRQMask >= preempt.SoftIRQMask-10*preempt.SoftIRQOffset:
		preempt.Raise("BHDisable: the count is within 10 of its mask")
	}
	raceMasked()
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
	raceUnmask()
	// Preemption stays disabled until the softirqs are served.
	cpu.AddCount(^uint32(preempt.SoftIRQDisableOffset - preempt.PreemptOffset - 1))
	unmasked()
	if !preempt.InInterrupt() {
		serveSoftIRQs()
	}
	preempt.Enable()
}
