package signals

import (
	"errors"
	"fmt"

	"github.com/gokern/gokern/internal/irq"
)

// Errors to test with errors.Is.
var (
	// ErrShutdown: no kernel runs, or it is about to end. It is gpm.ErrShutdown.
	ErrShutdown = irq.ErrShutdown
	// ErrCPU: the kernel has no CPU of that number, or, of what says so, it is
	// offline.
	ErrCPU = irq.ErrNoCPU
	// ErrIRQSource: nothing that RequestIRQ takes interrupts from.
	ErrIRQSource = irq.ErrSource
	// ErrIRQBusy: a signal that somebody else uses, or a descriptor of another request.
	ErrIRQBusy = irq.ErrBusy
	// ErrContext: what was asked for was a BUG in the caller's context and was not
	// done, and the handler of BUGs (preempt.SetBugHandler) has returned.
	ErrContext = irq.ErrContext
	// ErrPriority: no priority of a FIFO task, nor 0.
	ErrPriority = errors.New("gokern: bad priority")
	// ErrSoftIRQ: a softirq that there is not, or that is the kernel's own, or
	// that is open already.
	ErrSoftIRQ = errors.New("gokern: bad softirq")
)

// cpuAt returns the kernel's CPU n.
func cpuAt(n int) (*irq.CPU, error) {
	all := irq.All()
	switch {
	case all == nil:
		return nil, ErrShutdown
	case n < 0 || n >= len(all):
		return nil, fmt.Errorf("%w: %d; there are %d", ErrCPU, n, len(all))
	}
	return all[n], nil
}

// mustCall panics in the caller that has passed no function: it would be missed later,
// in a task of the kernel's.
func mustCall(ok bool, what string) {
	if !ok {
		panic("gokern: " + what + " has no function")
	}
}

func offline(n int) error { return fmt.Errorf("%w: CPU %d is offline", ErrCPU, n) }
