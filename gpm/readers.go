//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/readers"
	"github.com/gokern/gokern/preempt"
)

// What RCU needs of the kernel; see internal/readers.

func init() {
	readers.Interrupt = interruptReaderOnG0
	readers.Describe = describeReader
}

// reading is called when t leaves b, or blocks there, in a read-side section or with
// preempt notifiers.
//
//go:norace
func reading(b *cpu.Block, t *goport.Task) {
	if t.Reader != 0 {
		readers.SwitchedOut(b, t)
	}
	if t.Notified() {
		taskOf(t).notifyOut(b.Reason != cpu.ReasonNone)
	}
}

// seatReaders tells RCU which CPUs there are.
func (k *Kernel) seatReaders() {
	var blocks []*cpu.Block
	for _, c := range k.cpus {
		blocks = append(blocks, &c.Block)
	}
	readers.SetCPUs(blocks)
}

// interruptReaderOnG0 asks something of CPU i's interrupt handler, and calls it.
//
//go:norace
func interruptReaderOnG0(i int, ask uint32) {
	k := kern
	if k == nil || i >= len(k.cpus) {
		return
	}
	c := k.cpus[i]
	cpu.Xchg32(&c.Asked, ask)
	c.interrupt()
}

func describeReader(t0 *goport.Task) readers.Who {
	t := taskOf(t0)
	return readers.Who{ID: t.ID(), Name: t.Name(), State: t.State().String(), Stack: func() string { return stackOf(t.Goroutine()) }}
}

// closeSections ends the read-side sections that t, the caller, which ends, has
// left open, and returns how many those were.
func (t *Task) closeSections() (open int) {
	if open = readers.Depth(&t.Task); open != 0 {
		readers.Exit(&t.Task)
	}
	return open
}

// reportOpen reports them, when all else has been done.
func (t *Task) reportOpen(open int) {
	if open != 0 {
		preempt.Raise(fmt.Sprintf("%v has ended in an RCU read-side section (depth %d)", t, open))
	}
}

// checkOutside reports that the calling task is about to leave its CPU for an
// unknown time in a read-side section.
func (t *Task) checkOutside() {
	if n := readers.Depth(&t.Task); n != 0 {
		preempt.Raise(fmt.Sprintf("Outside in an RCU read-side section (depth %d): SRCU is for that", n))
	}
}

// reportLeft reports tasks that have ended in a section without a function of
// ours to notice: goroutines that inherit.
func reportLeft() {
	if n := readers.TakeLeft(); n != 0 {
		preempt.Raise(fmt.Sprintf("%d inheriting tasks have ended in an RCU read-side section", n))
	}
}
