package signals

import (
	"fmt"
	"strings"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// What functions of users' may leave behind, in the kernel's own tasks that call them.

// checkCount reports a callback, f of users', that has not left the preempt_count as it
// was, and puts it right. Linux: "huh, entered softirq ... with preempt_count".
func checkCount(what string, want uint32, f any) {
	if got := preempt.Count(); got != want {
		cpu.AddCount(want - got)
		preempt.RaiseOf(fmt.Sprintf("%s has returned with preempt_count %#x, not %#x", what, got, want), f)
	}
}

// checkTask reports f, a function of users' that a task has called in no section, if it
// has left one open, and ends that: the task would keep its CPU from all others when it
// next blocks. Linux: "BUG: workqueue leaked atomic", "timer: preempt leak".
func checkTask(what string, f any) {
	count, masked := preempt.Count(), IRQsDisabled()
	if count == 0 && !masked {
		return
	}
	cpu.AddCount(1 - count)
	unmaskAll()
	preempt.Enable() // somebody may want the CPU; and reports a function that has blocked
	var how []string
	if count != 0 {
		how = append(how, fmt.Sprintf("preempt_count %#x", count))
	}
	if masked {
		how = append(how, "interrupts masked")
	}
	preempt.RaiseOf(what+" has returned with "+strings.Join(how, " and "), f)
}

// unmaskAll ends all ways in which interrupts are masked.
func unmaskAll() {
	for IRQsDisabled() {
		IRQEnable()
		if soft, hard := cpu.IRQOff(); hard != 0 {
			HardIRQEnable()
		} else if soft != 0 {
			InterruptEnable()
		}
	}
}
