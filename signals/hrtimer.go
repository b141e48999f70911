package signals

import (
	"fmt"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// HRTimerMode says what an expiry is relative to, and where a timer may be. Linux:
// enum hrtimer_mode.
type HRTimerMode uint8

const (
	// HRTimerAbs: the expiry is a time of Now's clock.
	HRTimerAbs HRTimerMode = 0
	// HRTimerRel: the expiry is from now on.
	HRTimerRel HRTimerMode = 1
	// HRTimerPinned, added to one of them: on the caller's CPU; outside a task it
	// is a BUG. Without it a timer that an ordinary goroutine starts is put where
	// it was last, if that is online, or on any CPU that is. From a task it is the caller's CPU in any case.
	HRTimerPinned HRTimerMode = 2
)

// What a callback returns: whether the timer goes on, with the expiry that Forward
// has set. Linux: enum hrtimer_restart.
type HRTimerRestart bool

const (
	HRTimerNoRestart HRTimerRestart = false
	HRTimerRestarts  HRTimerRestart = true
)

// HRTimer calls a function at a time, on the CPU where it was started, with a
// precision of microseconds. It may be started again and again, also by its own
// callback, and lives over Shutdown, which cancels it. The same callback never
// runs twice at a time. To be made by NewHRTimer and its kin. Linux: struct
// hrtimer.
type HRTimer struct {
	t      irq.Timer
	fn     func(*HRTimer) HRTimerRestart
	runner atomic.Uintptr // the task that runs the callback
}

// NewHRTimer returns a timer that calls fn as a hard interrupt: with interrupts
// masked and preempt.HardIRQOffset in the preempt_count, before any task. fn must
// not block. Context: any. Linux: hrtimer_setup() with HRTIMER_MODE_HARD.
func NewHRTimer(fn func(*HRTimer) HRTimerRestart) *HRTimer { return newHRTimer(irq.Hard, 0, fn) }

// NewHRTimerSoft returns a timer that calls fn in the softirq of timers: with
// preempt.SoftIRQOffset in the preempt_count and interrupts on. fn must not block.
// Context: any. Linux: hrtimer_setup() with HRTIMER_MODE_SOFT.
func NewHRTimerSoft(fn func(*HRTimer) HRTimerRestart) *HRTimer { return newHRTimer(irq.Soft, 0, fn) }

// NewHRTimerTask returns a timer that calls fn in a task, where it may block: its
// CPU's timer thread of that priority, 1 to 99, or 0 for a Normal one. Timers of
// one priority wait for each other, and Shutdown for a callback to return; to return with
// preemption disabled or interrupts masked is a BUG. Context: any. Errors: ErrPriority.
// Linux: PREEMPT_RT's timer threads.
func NewHRTimerTask(priority int, fn func(*HRTimer) HRTimerRestart) (*HRTimer, error) {
	if priority < 0 || priority > irq.MaxPriority {
		return nil, fmt.Errorf("%w: %d, want 0 to %d", ErrPriority, priority, irq.MaxPriority)
	}
	return newHRTimer(irq.Thread, uint8(priority), fn), nil
}

// newHRTimer must not be inlined: the timer must be on the heap, for code on g0
// keeps its address.
//
//go:noinline
func newHRTimer(context, level uint8, fn func(*HRTimer) HRTimerRestart) *HRTimer {
	mustCall(fn != nil, "a new HRTimer")
	t := &HRTimer{fn: fn}
	t.t.Context, t.t.Level, t.t.User = context, level, fn
	t.t.Fire = func() bool {
		t.runner.Store(uintptr(cpu.Current()))
		again := fn(t)
		t.runner.Store(0)
		return bool(again)
	}
	return t
}

// fire runs the callback of t, which has begun on c.
func fire(c *irq.CPU, t *irq.Timer) {
	cpu.RaceLocked(&t.Race)
	again := t.Fire()
	cpu.RaceReaderUnlocking(&t.Race)
	c.End(t, again)
}

// Now returns the time of the clock that timers go by: the host's monotonic one.
// Context: any. Linux: ktime_get().
func Now() time.Duration { return time.Duration(irq.Now()) }

// Start has the timer expire at that time, instead of what it was started for
// before. A time that has passed is now. While its callback runs, it stays on the
// CPU of that, else see HRTimerPinned. Context: any, the timer's callback too.
// Errors: ErrShutdown, ErrContext. Linux: hrtimer_start().
func (t *HRTimer) Start(expiry time.Duration, mode HRTimerMode) error {
	c := irq.Here()
	if c == nil {
		if mode&HRTimerPinned != 0 {
			preempt.Raise("a pinned timer is started outside a task")
			return fmt.Errorf("%w: a pinned timer outside a task", ErrContext)
		}
		all := irq.All()
		if all == nil {
			return ErrShutdown
		}
		if c = t.t.CPU(); c == nil || c.ID() >= len(all) || all[c.ID()] != c || !c.Online() {
			c = irq.AnyCPU(all)
		}
	}
	return t.start(c, expiry, mode)
}

// StartOn is Start on CPU n, which serves it also while it is offline. Context: any.
// Errors: ErrShutdown, ErrCPU if there is no such CPU.
func (t *HRTimer) StartOn(n int, expiry time.Duration, mode HRTimerMode) error {
	c, err := cpuAt(n)
	if err != nil {
		return err
	}
	return t.start(c, expiry, mode)
}

func (t *HRTimer) start(c *irq.CPU, expiry time.Duration, mode HRTimerMode) error {
	t.check()
	when := int64(expiry)
	if mode&HRTimerRel != 0 {
		when = later(irq.Now(), when)
	}
	when = max(when, 0) // keys are compared by difference
	cpu.RaceReaderUnlocking(&t.t.Race)
	return t.t.Start(c, when)
}

func (t *HRTimer) check() {
	if t.fn == nil {
		panic("gokern: an HRTimer that is not from NewHRTimer")
	}
}

// later returns the sum, or the last time there is. Linux: ktime_add_safe().
func later(now, d int64) int64 {
	if sum := now + d; d <= 0 || sum >= now {
		return sum
	}
	return 1<<63 - 2
}

// TryToCancel stops the timer, unless its callback is running: it returns 1 if it
// waited, 0 if there was nothing to stop, and -1 if the callback is running.
// Context: any. Linux: hrtimer_try_to_cancel().
func (t *HRTimer) TryToCancel() int {
	r := t.t.Cancel()
	if r >= 0 {
		cpu.RaceLocked(&t.t.Race)
	}
	return r
}

// Cancel stops the timer and waits until its callback, if it is running, has
// returned, and reports whether the timer waited. In the callback itself it is a BUG.
// Context: any, as long as the callback does not wait for the caller; for one of
// NewHRTimerTask whose callback is running, may block. Linux: hrtimer_cancel().
func (t *HRTimer) Cancel() (waited bool) {
	for spins := 0; ; spins++ {
		if r := t.TryToCancel(); r >= 0 {
			return r > 0
		}
		inAtomic := preempt.InAtomic() || IRQsDisabled()
		switch task := uintptr(cpu.Current()); {
		case task != 0 && t.runner.Load() == task:
			preempt.Raise("Cancel of a timer by its own callback")
			return false
		case t.t.Context == irq.Thread && inAtomic:
			preempt.Raise("Cancel in atomic context of a timer whose callback runs in a task")
			return false
		case inAtomic:
			irq.Relax(spins) // nothing preempts the callback, which is on another CPU
		default:
			irq.Pause(spins)
		}
	}
}

// Active reports whether the timer waits or its callback is running. Context: any.
// Linux: hrtimer_active().
func (t *HRTimer) Active() bool {
	active, _ := t.t.Look()
	return active
}

// CallbackRunning reports whether the callback is running. Context: any. Linux:
// hrtimer_callback_running().
func (t *HRTimer) CallbackRunning() bool {
	_, running := t.t.Look()
	return running
}

// Expires returns when the timer expires, or did last; while somebody starts it, only a
// hint. Context: any. Linux: hrtimer_get_expires().
func (t *HRTimer) Expires() time.Duration { return time.Duration(t.t.When()) }

// Forward moves the expiry on by as many intervals as it takes to be after now,
// and returns how many: 0 if it is already, or if the timer waits, as it does in its
// callback when somebody has started it meanwhile: then its expiry stays. Context: the
// timer's callback, or while the timer is not active. Linux: hrtimer_forward().
func (t *HRTimer) Forward(now, interval time.Duration) (overruns uint64) {
	delta := now - t.Expires()
	if delta < 0 {
		return 0
	}
	interval = max(interval, time.Nanosecond)
	n := delta/interval + 1
	when := int64(t.Expires() + n*interval)
	if when <= int64(now) {
		when = 1<<63 - 2
	}
	if !t.t.SetWhen(when) {
		return 0
	}
	return uint64(n)
}

// ForwardNow is Forward from now. Context: as there. Linux: hrtimer_forward_now().
func (t *HRTimer) ForwardNow(interval time.Duration) (overruns uint64) {
	return t.Forward(Now(), interval)
}

// runSoftTimers is the softirq of timers.
func runSoftTimers() {
	c := irq.Here()
	for {
		t := c.Begin(irq.Soft, 0)
		if t == nil {
			return
		}
		c.Counts.Timers[irq.Soft]++
		want := preempt.Count()
		fire(c, t)
		checkCount("a timer's callback", want, t.User)
	}
}

// timerThreadMain runs the callbacks of a CPU's timers of one priority.
func timerThreadMain(c *irq.CPU, w *irq.Worker, level int) {
	defer w.Ended()
	returned := false
	defer irq.CheckReturn(&returned)
	for w.Sleep() {
		for {
			t := c.Begin(irq.Thread, level)
			if t == nil {
				break
			}
			preempt.Disable()
			c.Counts.Timers[irq.Thread]++
			preempt.Enable()
			fire(c, t)
			checkTask("a timer's callback", t.User)
		}
	}
	returned = true
}
