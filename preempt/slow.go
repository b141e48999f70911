package preempt

import "github.com/gokern/gokern/internal/cpu"

// Where count_amd64.s jumps to when something is rare or wrong.

// enableResched: the count has become zero and somebody wants the CPU.
func enableResched() {
	reportAtomic()
	Schedule()
}

// enableRare: the preempt field is within 10 of its mask, or was zero before the
// decrement, or this is no task. The decrement is taken back where it was wrong.
func enableRare() {
	switch word, ok := cpu.Word(); {
	case !ok:
		cpu.RestoreOutside()
		bug("Enable outside a task")
	case word&PreemptMask == PreemptMask:
		cpu.AddCount(1)
		bug("Enable without Disable: the count would go below zero")
	}
}

// disableRare: the preempt field is within 10 of its mask, or this is no task.
func disableRare() {
	if _, ok := cpu.Word(); !ok {
		cpu.RestoreOutside()
		bug("Disable outside a task")
		return
	}
	bug("Disable: the count is within 10 of its mask")
}
