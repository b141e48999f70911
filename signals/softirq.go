package signals

import (
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// SoftIRQ is the number of a softirq. Lower ones are served first.
type SoftIRQ int

// The softirqs. HISoftIRQ, TaskletSoftIRQ and HRTimerSoftIRQ are the kernel's own;
// any other may be opened. Linux: HI_SOFTIRQ and so on, and it has no UserSoftIRQ.
const (
	HISoftIRQ SoftIRQ = iota
	TimerSoftIRQ
	NetTXSoftIRQ
	NetRXSoftIRQ
	BlockSoftIRQ
	IRQPollSoftIRQ
	TaskletSoftIRQ
	SchedSoftIRQ
	HRTimerSoftIRQ
	RCUSoftIRQ
	UserSoftIRQ                   // the first of those that programs may use as they like
	SoftIRQs    = UserSoftIRQ + 8 // how many there are
)

const _ = uint(HRTimerSoftIRQ-irq.HRTimerSoftIRQ) + uint(irq.HRTimerSoftIRQ-HRTimerSoftIRQ) // they are the same

// String returns the softirq's name, as /proc/softirqs has it. Context: any.
func (n SoftIRQ) String() string {
	switch {
	case n >= 0 && int(n) < len(softIRQNames):
		return softIRQNames[n]
	case n >= UserSoftIRQ && n < SoftIRQs:
		return fmt.Sprintf("USER%d", int(n-UserSoftIRQ))
	}
	return fmt.Sprintf("SoftIRQ(%d)", int(n))
}

var softIRQNames = [...]string{"HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU"}

// How long softirqs are served in one go. Linux: MAX_SOFTIRQ_RESTART and
// MAX_SOFTIRQ_TIME.
const (
	maxRestarts = 10
	maxTime     = 2 * time.Millisecond
)

var (
	softIRQOpening sync.Mutex
	softIRQs       [SoftIRQs]atomic.Pointer[func()]
)

func init() {
	own := func(n SoftIRQ, f func()) { softIRQs[n].Store(&f) }
	own(HISoftIRQ, func() { runTasklets(hiTasklets) })
	own(TaskletSoftIRQ, func() { runTasklets(tasklets) })
	own(HRTimerSoftIRQ, runSoftTimers)
}

// OpenSoftIRQ has f called for softirq n: with preempt.SoftIRQOffset in the
// preempt_count, so it must not block, on the CPU that has raised it, and perhaps
// on others at the same time. It stays open over Shutdown and Boot, and nil closes
// it. Context: may block. Errors: ErrSoftIRQ. Linux: open_softirq().
func OpenSoftIRQ(n SoftIRQ, f func()) error {
	if n < 0 || n >= SoftIRQs {
		return fmt.Errorf("%w: %d; there are %d", ErrSoftIRQ, int(n), int(SoftIRQs))
	}
	softIRQOpening.Lock()
	defer softIRQOpening.Unlock()
	switch {
	case n == HISoftIRQ || n == TaskletSoftIRQ || n == HRTimerSoftIRQ:
		return fmt.Errorf("%w: %v is the kernel's own", ErrSoftIRQ, n)
	case f == nil:
		softIRQs[n].Store(nil)
	case softIRQs[n].Load() != nil:
		return fmt.Errorf("%w: %v is open already", ErrSoftIRQ, n)
	default:
		softIRQs[n].Store(&f)
	}
	return nil
}

// RaiseSoftIRQ has softirq n served on this CPU: on the way out of the interrupt
// or at the end of the section of BHDisable that the caller is in, else by
// ksoftirqd. It is served once for any number of calls before that. Outside a
// task, or for one that is not open, it is a BUG. Context: a task, any. Linux:
// raise_softirq().
func RaiseSoftIRQ(n SoftIRQ) {
	if preempt.TryDisableCPU() < 0 {
		preempt.Raise("RaiseSoftIRQ outside a task")
		return
	}
	raiseSoftIRQ(n)
	preempt.Enable()
}

// RaiseSoftIRQIrqoff is RaiseSoftIRQ for callers that have masked interrupts; if they
// have not it is a BUG. Context: interrupts masked. Linux: raise_softirq_irqoff().
func RaiseSoftIRQIrqoff(n SoftIRQ) {
	if !IRQsDisabled() {
		preempt.Raise("RaiseSoftIRQIrqoff with interrupts on")
		return
	}
	raiseSoftIRQ(n)
}

// raiseSoftIRQ is both. The caller cannot be moved.
func raiseSoftIRQ(n SoftIRQ) {
	if n < 0 || n >= SoftIRQs || softIRQs[n].Load() == nil {
		preempt.Raise(fmt.Sprintf("softirq %v is raised and not open", n))
		return
	}
	c := irq.Here()
	if c == nil {
		return // of a self-test, before the kernel is up
	}
	cpu.RaceReaderUnlocking(c.PendingWord())
	c.Raise(int(n))
	if !preempt.InInterrupt() {
		c.WakeSoftIRQD()
	}
}

// InServingSoftIRQ reports whether the caller serves a softirq. Context: any.
// Linux: in_serving_softirq().
func InServingSoftIRQ() bool { return preempt.InServingSoftIRQ() }

// LocalSoftIRQPending returns the softirqs that are raised on this CPU, one bit
// each; 0 outside a task. Context: any. Linux: local_softirq_pending().
func LocalSoftIRQPending() uint32 {
	if c := irq.Here(); c != nil {
		return c.Pending()
	}
	return 0
}

// handleSoftIRQs serves what is raised on this CPU, c, and what comes meanwhile for
// a while; the rest is left to ksoftirqd, so that softirqs that raise each other
// do not keep the CPU from its tasks. Context: a task with preemption disabled, not
// in an interrupt, interrupts on. Linux: handle_softirqs().
func handleSoftIRQs(c *irq.CPU) {
	returned := false
	defer irq.CheckReturn(&returned)
	word, _ := cpu.AddCount(preempt.SoftIRQOffset)
	want := word &^ cpu.NoNeed
	raceMasked()
	for end, round := irq.Now()+int64(maxTime), 1; ; round++ {
		pending := c.TakePending()
		cpu.RaceLocked(c.PendingWord())
		for ; pending != 0; pending &= pending - 1 {
			n := bits.TrailingZeros32(pending)
			c.Counts.Soft[n]++
			if f := softIRQs[n].Load(); f != nil {
				(*f)()
				if preempt.Count() != want {
					checkCount(fmt.Sprintf("softirq %v", SoftIRQ(n)), want, *f)
				}
			}
		}
		if c.Pending() == 0 {
			break
		}
		if round >= maxRestarts || irq.Now() >= end || preempt.NeedResched() {
			c.WakeSoftIRQD()
			break
		}
	}
	raceUnmask()
	preempt.SubCount(preempt.SoftIRQOffset)
	returned = true
}

// serveSoftIRQs runs what is pending. Context: preemption disabled once, softirqs
// enabled. Linux: do_softirq().
func serveSoftIRQs() {
	switch c := irq.Here(); {
	case c == nil || c.Pending() == 0:
	case IRQsDisabled():
		c.WakeSoftIRQD() // softirqs run with interrupts on
	default:
		handleSoftIRQs(c)
	}
}

// softIRQDMain is ksoftirqd: it serves what took too long elsewhere, as a task
// among others.
func softIRQDMain(c *irq.CPU, w *irq.Worker) {
	defer w.Ended()
	for more := true; more; {
		more = w.Sleep()
		for range 1000 { // if the kernel ends, do not go on for ever
			if c.Pending() == 0 {
				break
			}
			preempt.Disable()
			handleSoftIRQs(c)
			preempt.Enable()
			runtime.Gosched()
			if more {
				break // handleSoftIRQs has woken us if there is more
			}
		}
	}
}
