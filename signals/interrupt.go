package signals

import (
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
	irq.CheckTask = checkTask
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
	var i *IRQ
	var user any // the function of users' that has been called
	if t != nil {
		c.Counts.Timers[irq.Hard]++
		fire(c, t)
		user = t.User // not before: fire is where the race detector learns of the timer's start
	} else if w = c.TakeWork(); w != nil {
		cpu.RaceLocked(w.Race())
		if w.Call {
			c.Counts.Calls++
		} else {
			c.Counts.Works++
		}
		user = w.User
		w.Fn()
	} else if i = serveLine(c); i != nil {
		user = i.o.Primary
	}
	checkCount("an interrupt's callback", preempt.HardIRQOffset, user)
	switch soft, hard := cpu.IRQOff(); {
	case soft == 0 && hard == 0:
		preempt.RaiseOf("an interrupt's callback has unmasked interrupts", user)
	case soft != disabledFlag || hard != 0:
		preempt.RaiseOf("an interrupt's callback has left interrupts masked", user)
	}
	unmaskAll()
	preempt.Disable()
	preempt.SubCount(preempt.HardIRQOffset)
	preempt.Enable() // reports a callback that has blocked
	return t != nil || w != nil || i != nil
}
