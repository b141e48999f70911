package percpu

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// GetCPU disables preemption and returns the number of this CPU, from 0. PutCPU
// ends the section. Outside a task it is a BUG. Context: a task, atomic or not.
// Linux: get_cpu().
func GetCPU() int { return preempt.DisableCPU() }

// PutCPU ends the section that GetCPU began. Context: a task. Linux: put_cpu().
func PutCPU() { preempt.Enable() }

// CPU returns the number of this CPU. The caller must be unable to leave it: to
// call it while it could is a BUG if preempt.SetDebug is on, for the answer may
// be wrong already. Outside a task it is a BUG always. Context: a task. Linux:
// smp_processor_id().
func CPU() int {
	n := cpu.Number()
	if n < 0 || preempt.Debugging() {
		check(n, "CPU")
	}
	return n
}

// RawCPU returns the number of this CPU, -1 outside a task, which may be wrong
// as soon as it is returned: a hint. Context: any. Linux: raw_smp_processor_id().
func RawCPU() int { return cpu.Number() }

// Possible returns how many CPUs have per-CPU data, numbered from 0: as many as
// the process may use, or more if a kernel with more has been booted. Context:
// any. Linux: nr_cpu_ids, num_possible_cpus().
func Possible() int { return cpu.Possible() }
