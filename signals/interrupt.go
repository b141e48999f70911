package signals

import (
	"fmt"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// The interrupt task of a CPU; internal/irq tells its story.

func init() {
	irq.MainIRQ = interruptMain
	irq.MainSoftIRQD = softIRQDMain
	irq.MainStopper = stopperMain
	irq.MainThread = timerThreadMain
	irq.Stop = stopAll
}

// interruptMain does what is queued, and then, on the way out, softirqs.
func interruptMain(c *irq.CPU, w *irq.Worker) {
	defer w.Ended()
	returned := false
	defer irq.CheckReturn(&returned)
	for more := true; more; {
		more = w.Sleep()
		for serveInterrupt(c) {
		}
		if c.Pending() != 0 {
			preempt.Disable()
			handleSoftIRQs(c)
			preempt.Enable()
		}
	}
	returned = true
}

// serveInterrupt does the first thing that is queued, as a hard interrupt, and
// reports whether there was one. What is taken is taken with the count raised
// already: whoever waits for it, perhaps in an atomic section that Go must wait
// for, relies on its not being stopped in between.
func serveInterrupt(c *irq.CPU) bool {
	preempt.AddCount(preempt.HardIRQOffset)
	IRQDisable()
	t := c.Begin(irq.Hard, 0)
	var w *irq.Work
	again := false
	if t != nil {
		c.Counts.Timers[irq.Hard]++
		fire(c, t)
	} else if w = c.TakeWork(); w != nil {
		cpu.RaceLocked(w.Race())
		if w.Call {
			c.Counts.Calls++
		} else {
			c.Counts.Works++
		}
		w.Fn()
	} else {
		again = serveLine(c)
	}
	const own = preempt.HardIRQOffset
	if got := preempt.Count(); got != own {
		leftBehind("an interrupt's callback", got, own)
	}
	switch soft, hard := cpu.IRQOff(); {
	case soft == 0 && hard == 0:
		preempt.Raise("an interrupt's callback has unmasked interrupts")
	case soft != disabledFlag || hard != 0:
		preempt.Raise("an interrupt's callback has left interrupts masked")
	}
	for IRQsDisabled() {
		IRQEnable()
		if soft, hard := cpu.IRQOff(); hard != 0 {
			HardIRQEnable()
		} else if soft != 0 {
			InterruptEnable()
		}
	}
	preempt.Disable()
	preempt.SubCount(preempt.HardIRQOffset)
	preempt.Enable() // reports a callback that has blocked
	return t != nil || w != nil || again
}

// leftBehind reports a callback that has not left the preempt_count as it was,
// and puts it right. Linux: "huh, entered softirq ... with preempt_count".
func leftBehind(what string, got, want uint32) {
	cpu.AddCount(want - got)
	preempt.Raise(fmt.Sprintf("%s has returned with preempt_count %#x, not %#x", what, got, want))
}
