package irq

import (
	"fmt"
	"runtime"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// MayBlock reports a BUG if the caller must not block, and lets others run under
// preempt.Voluntary. Linux: might_sleep().
func MayBlock(what string) bool {
	if soft, hard := cpu.IRQOff(); preempt.InAtomic() || soft != 0 || hard != 0 {
		preempt.Raise(what + " in atomic context, which may block")
		return false
	}
	preempt.MightResched()
	return true
}

// CheckBlock is MayBlock as an error, ErrContext: for a BugHandler that goes on.
func CheckBlock(what string) error {
	if !MayBlock(what) {
		return fmt.Errorf("%w: %s", ErrContext, what)
	}
	return nil
}

// Pause waits a little in a loop that waits for something that should take
// microseconds. Context: may block.
func Pause(spins int) {
	if spins < 20 {
		runtime.Gosched()
	} else {
		time.Sleep(time.Duration(min(spins, 200)) * time.Microsecond)
	}
}

var anyCPU atomic.Uint32

// AnyCPU spreads over those of all that are online what has no CPU of its own.
func AnyCPU(all []*CPU) *CPU {
	first := int(anyCPU.Inc() % uint32(len(all)))
	for n := range all {
		if c := all[(first+n)%len(all)]; c.Online() {
			return c
		}
	}
	return all[first] // they changed while we looked: one always is
}
