package percpu

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// GetCPU disables preemption and returns the number of this CPU, from 0. PutCPU
// ends the section. Outside a task it is a BUG. Context: a task, atomic or not.
// Linux: get_cpu().
func GetCPU() int {
	preempt.Disable()
	return cpu.Number()
}

// PutCPU ends the section that GetCPU began. Context: a task. Linux: put_cpu().
func PutCPU() { preempt.Enable() }

// CPU returns the number of this CPU. The caller must be unable to leave it: to
// call it while preemptible is a BUG, for the answer may be wrong already.
// Context: a task. Linux: smp_processor_id() with CONFIG_DEBUG_PREEMPT.
func CPU() int {
	n := cpu.Number()
	if n < 0 {
		preempt.Raise("CPU outside a task")
	} else if !preempt.InAtomic() && !signals.IRQsDisabled() {
		preempt.Raise("using CPU in preemptible code")
	}
	return n
}

// RawCPU returns the number of this CPU, -1 outside a task, which may be wrong
// as soon as it is returned: a hint. Context: any. Linux: raw_smp_processor_id().
func RawCPU() int { return cpu.Number() }
