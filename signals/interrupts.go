package signals

import (
	"fmt"
	"strings"

	"github.com/gokern/gokern/internal/irq"
)

// Interrupt is a kind of interrupt and how often each CPU has served it: a line of
// /proc/interrupts or /proc/softirqs.
type Interrupt struct {
	Name string // short: "HRT"
	What string // "Timer callbacks", empty for a softirq
	CPUs []uint64
}

// Total returns the sum of all CPUs. Context: any.
func (i Interrupt) Total() (n uint64) {
	for _, c := range i.CPUs {
		n += c
	}
	return n
}

// Interrupts returns what the running kernel's CPUs have served since Boot, nil
// without one. CPUs are read one after the other, without stopping them. Lines of
// RequestIRQ come last. Context: any that may allocate. Linux: /proc/interrupts.
func Interrupts() []Interrupt { return append(table(lines), irqTable()...) }

// SoftIRQCounts returns the same of softirqs, all of them in order. Context: as for
// Interrupts. Linux: /proc/softirqs.
func SoftIRQCounts() []Interrupt {
	var all []line
	for n := range SoftIRQs {
		all = append(all, line{n.String(), "", func(c *irq.CPU) uint64 { return softCount(c, n) }})
	}
	return table(all)
}

// line is how to make an Interrupt.
type line struct {
	name, what string
	of         func(*irq.CPU) uint64
}

var lines = []line{
	{"LOC", "Tick interrupts", func(c *irq.CPU) uint64 { return c.Device().Ticks }},
	{"HRI", "High-resolution timer interrupts", func(c *irq.CPU) uint64 { return c.Device().HRTimer }},
	{"RES", "Inter-processor interrupts", func(c *irq.CPU) uint64 { return c.Device().IPIs }},
	{"HRT", "Timer callbacks, hard", timers(irq.Hard)},
	{"HRS", "Timer callbacks, in softirqs", timers(irq.Soft)},
	{"HRK", "Timer callbacks, in tasks", timers(irq.Thread)},
	{"CAL", "Function call interrupts", func(c *irq.CPU) uint64 { return counts(c).Calls }},
	{"IWI", "IRQ work interrupts", func(c *irq.CPU) uint64 { return counts(c).Works }},
	{"ERR", "Requested interrupts that no handler wanted", func(c *irq.CPU) uint64 { return counts(c).Nobody }},
	{"STP", "Calls of StopMachine", func(c *irq.CPU) uint64 { return counts(c).Stops }},
}

func timers(context int) func(*irq.CPU) uint64 {
	return func(c *irq.CPU) uint64 { return timerCount(c, context) }
}

// The CPU changes its counts while they are read here.

//go:norace
func counts(c *irq.CPU) irq.Counts { return c.Counts }

//go:norace
func timerCount(c *irq.CPU, context int) uint64 { return c.Counts.Timers[context] }

//go:norace
func softCount(c *irq.CPU, n SoftIRQ) uint64 { return c.Counts.Soft[n] }

func table(lines []line) (all []Interrupt) {
	cpus := irq.All()
	if cpus == nil {
		return nil
	}
	for _, l := range lines {
		i := Interrupt{Name: l.name, What: l.what}
		for _, c := range cpus {
			i.CPUs = append(i.CPUs, l.of(c))
		}
		all = append(all, i)
	}
	return all
}

// FormatInterrupts returns lines as /proc/interrupts shows them. Context: any
// that may allocate.
func FormatInterrupts(all []Interrupt) string {
	var b strings.Builder
	name := 3
	for _, i := range all {
		name = max(name, len(i.Name))
	}
	for n, i := range all {
		if n == 0 {
			b.WriteString(strings.Repeat(" ", name+1))
			for c := range i.CPUs {
				fmt.Fprintf(&b, " %10s", fmt.Sprintf("CPU%d", c))
			}
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%*s:", name, i.Name)
		for _, v := range i.CPUs {
			fmt.Fprintf(&b, " %10d", v)
		}
		if i.What != "" {
			b.WriteString("   " + i.What)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
