//go:build !race

package preempt

// Disable keeps the caller from being preempted, and so on its CPU, until
// Enable; calls nest. The section must not block, yield, take long, or wait for what
// another CPU does outside such sections. Outside a task it is a BUG. Context: a
// task, atomic or not. Linux: preempt_disable().
func Disable() { disable() }

// DisableCPU is Disable and returns the CPU's number, -1 outside a task. Users
// call percpu.GetCPU. Context: as for Disable.
func DisableCPU() int { return disableCPU() }

// TryDisableCPU is DisableCPU, but outside a task it does nothing and returns -1:
// for code that works there too, in another way. Context: any.
func TryDisableCPU() int { return tryDisableCPU() }

// Enable ends the section that Disable began. If it was the outermost and
// somebody wants the CPU, the caller is preempted here. Without Disable, or
// outside a task, it is a BUG. Context: a task. Linux: preempt_enable().
func Enable() { enable() }

// EnableNoResched is Enable without the check: a preemption that is wanted
// comes with the next tick or Enable. Context: a task. Linux:
// preempt_enable_no_resched().
func EnableNoResched() { enableNoResched() }
