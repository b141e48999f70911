package signals

import (
	"time"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// How a requested interrupt is served: by the interrupt task of its CPU, and then by
// its thread.

// lineTurns is the place in the list with which each CPU begins: after the one that it
// served last, so that none starves another. The CPU's own.
var lineTurns [cpu.MaxCPUs]int

// serveLine serves the next requested interrupt of c that has come, and returns it,
// nil: there was none. Context: c's interrupt task, as a hard interrupt.
func serveLine(c *irq.CPU) *IRQ {
	list := irqs.list.Load()
	if list == nil {
		return nil
	}
	n, turn := len(*list), &lineTurns[c.ID()]
	for k := range n {
		at := (*turn + k) % n
		if i := (*list)[at]; int(i.on.Load()) == c.ID() && i.serve(c) {
			*turn = at + 1
			return i
		}
	}
	return nil
}

// off reports whether the line must not be served now.
func (i *IRQ) off() bool { return i.depth.Load() != 0 || i.masked.Load() || i.closing.Load() }

// serve serves what the line has, and reports whether to look again.
func (i *IRQ) serve(c *irq.CPU) (again bool) {
	if !i.line.Pending() || i.off() || !i.serving.CompareAndSwap(false, true) {
		return false // who serves it looks again
	}
	if !i.off() {
		if b := i.line.Take(); b.Count != 0 {
			again = true
			i.primary(c, b)
		}
	}
	i.serving.Store(false)
	if i.line.Pending() && !i.off() {
		if int(i.on.Load()) == c.ID() {
			return true
		}
		i.look()
	}
	return again
}

// primary is the part of the handler that runs as a hard interrupt. Linux:
// __handle_irq_event_percpu(), and irq_default_primary_handler().
func (i *IRQ) primary(c *irq.CPU, b irq.Batch) {
	i.served[c.ID()].Inc()
	i.events.Add(uint64(b.Count))
	does := IRQWakeThread
	if i.o.Primary != nil {
		does = i.o.Primary(i, eventOf(b))
	}
	switch {
	case does == IRQNone:
		i.unhandled.Inc()
		c.Counts.Nobody++
	case does != IRQWakeThread:
	case i.handler == nil:
		preempt.RaiseOf("a primary handler wakes a thread that there is not", i.o.Primary)
	default:
		if i.o.OneShot {
			i.masked.Store(true)
		}
		i.rest.Add(b)
		i.woken.Inc()
		i.wakeThread()
	}
}

func eventOf(b irq.Batch) IRQEvent {
	return IRQEvent{b.Count, time.Duration(b.First), time.Duration(b.Last)}
}

func (i *IRQ) wakeThread() {
	select {
	case i.wake <- struct{}{}:
	default:
	}
}

// look has the line's CPU look at it if there is something to serve. Context: any.
func (i *IRQ) look() {
	if !i.line.Pending() || i.off() {
		return
	}
	if c, err := cpuAt(int(i.on.Load())); err == nil {
		c.WakeIRQ()
	}
}

// thread is the task that runs the handler. It ends with the channel. Linux:
// irq_thread().
func (i *IRQ) thread() {
	defer i.ended.Done()
	returned := false
	defer irq.CheckReturn(&returned)
	i.task.Store(cpu.Current())
	for range i.wake {
		for {
			woken := i.woken.Load()
			b := i.rest.Take()
			if b.Count == 0 {
				i.done.Store(woken)
				break
			}
			i.ran.Inc()
			i.handler(i, eventOf(b))
			checkTask("an interrupt's handler", i.handler)
			if i.o.OneShot {
				i.masked.Store(false)
				i.look()
			}
			i.done.Store(woken) // there may always be more
		}
	}
	returned = true
}

// read is the task that waits for a descriptor: it is what raises the line.
func (i *IRQ) read() {
	defer i.ended.Done()
	for {
		n, more := i.file.Wait()
		if !more {
			return
		}
		now := irq.Now()
		if i.line.Add(irq.Batch{Count: n, First: now, Last: now}) {
			i.look()
		}
	}
}
