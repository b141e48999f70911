package signals

import (
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// Tasklet is a function that is called in a softirq, once for any number of
// Schedules before that, after the last of them, and never on two CPUs at a time.
// To be made by NewTasklet. Linux: struct tasklet_struct.
type Tasklet struct {
	fn    func()
	state atomic.Uint32 // scheduled, running
	count atomic.Int32  // of Disable
	next  *Tasklet      // on its CPU's list
}

// A tasklet's state. Who sets scheduled puts it on a list; who sets running runs
// it. The former is cleared by the latter, before the function is called.
const (
	taskletScheduled = 1 << iota
	taskletRunning
)

// Tasklets by priority, which are two softirqs.
const (
	hiTasklets = iota
	tasklets
)

// taskletLists are the scheduled tasklets of each CPU. Only the CPU itself touches
// its lists, with preemption disabled.
var taskletLists [cpu.MaxCPUs][2]struct{ first, last *Tasklet }

// NewTasklet returns a tasklet that calls fn, which must not block. Context: any.
// Linux: tasklet_setup().
func NewTasklet(fn func()) *Tasklet {
	mustCall(fn != nil, "a new Tasklet")
	return &Tasklet{fn: fn}
}

// Schedule has the tasklet's function called soon, on this CPU, or, by an ordinary
// goroutine, on any that is online. Context: any. Errors: ErrShutdown. Linux: tasklet_schedule().
func (t *Tasklet) Schedule() error { return t.schedule(tasklets) }

// HiSchedule is Schedule for what comes before all other softirqs. Context: any. Errors
// as there. Linux: tasklet_hi_schedule().
func (t *Tasklet) HiSchedule() error { return t.schedule(hiTasklets) }

func (t *Tasklet) schedule(which int) error {
	mustCall(t.fn != nil, "a Tasklet that is not from NewTasklet")
	all := irq.All()
	if all == nil {
		return ErrShutdown
	}
	if t.setState(taskletScheduled)&taskletScheduled != 0 {
		return nil
	}
	if preempt.TryDisableCPU() >= 0 {
		t.enqueue(which)
		preempt.Enable()
		return nil
	}
	// Its CPU has to do it, by an interrupt.
	w := &irq.Work{Fn: func() { t.enqueue(which) }}
	cpu.RaceReaderUnlocking(w.Race())
	if err := irq.AnyCPU(all).Queue(w); err != nil {
		t.clearState(taskletScheduled)
		return err
	}
	return nil
}

// enqueue puts t on this CPU's list. The caller cannot be moved.
func (t *Tasklet) enqueue(which int) {
	l := &taskletLists[cpu.Number()][which]
	t.next = nil
	if l.last == nil {
		l.first = t
	} else {
		l.last.next = t
	}
	l.last = t
	raiseSoftIRQ(taskletSoftIRQ(which))
}

func taskletSoftIRQ(which int) SoftIRQ {
	if which == hiTasklets {
		return HISoftIRQ
	}
	return TaskletSoftIRQ
}

// runTasklets is the softirq. Linux: tasklet_action_common().
func runTasklets(which int) {
	l := &taskletLists[cpu.Number()][which]
	t := l.first
	l.first, l.last = nil, nil
	for t != nil {
		next := t.next
		if !t.run() {
			t.enqueue(which) // disabled, or another CPU runs it: again later
		}
		t = next
	}
}

// run calls the function, and reports whether it could.
func (t *Tasklet) run() bool {
	if t.setState(taskletRunning)&taskletRunning != 0 {
		return false
	}
	if t.count.Load() != 0 {
		t.clearState(taskletRunning)
		return false
	}
	if t.clearState(taskletScheduled)&taskletScheduled == 0 {
		preempt.Raise("a tasklet runs that is not scheduled")
	}
	want := preempt.Count()
	t.fn()
	checkCount("a tasklet", want, t.fn)
	t.clearState(taskletRunning)
	return true
}

// setState sets bits and returns what was there before.
func (t *Tasklet) setState(bits uint32) uint32 {
	for {
		old := t.state.Load()
		if t.state.CompareAndSwap(old, old|bits) {
			return old
		}
	}
}

// clearState clears them and returns what was there before.
func (t *Tasklet) clearState(bits uint32) uint32 {
	for {
		old := t.state.Load()
		if t.state.CompareAndSwap(old, old&^bits) {
			return old
		}
	}
}

// DisableNosync keeps the function from being called from now on, until as many
// calls of Enable; it may be running. A scheduled tasklet stays so: its softirq
// comes back to it again and again, so do not disable for long. Context: any.
// Linux: tasklet_disable_nosync().
func (t *Tasklet) DisableNosync() { t.count.Inc() }

// Disable is DisableNosync and waits until the function is not running. Context:
// may block. Linux: tasklet_disable().
func (t *Tasklet) Disable() {
	t.DisableNosync()
	if irq.MayBlock("Disable of a tasklet") {
		t.unlockWait()
	}
}

// Enable ends a Disable. Context: any. Linux: tasklet_enable().
func (t *Tasklet) Enable() {
	if t.count.Dec() < 0 {
		t.count.Inc()
		preempt.Raise("Enable of a tasklet without Disable")
	}
}

// Kill waits until the tasklet is neither scheduled nor running. Nobody schedules
// it meanwhile, or Kill may not end, and it is not disabled. Context: may block.
// Linux: tasklet_kill().
func (t *Tasklet) Kill() {
	if !irq.MayBlock("Kill of a tasklet") {
		return
	}
	for spins := 0; t.setState(taskletScheduled)&taskletScheduled != 0; spins++ {
		irq.Pause(spins)
	}
	t.unlockWait()
	t.clearState(taskletScheduled)
}

func (t *Tasklet) unlockWait() {
	for spins := 0; t.state.Load()&taskletRunning != 0; spins++ {
		irq.Pause(spins)
	}
}

// dropTasklets forgets what is scheduled: the kernel has ended.
func dropTasklets() {
	for i := range taskletLists {
		for j := range taskletLists[i] {
			l := &taskletLists[i][j]
			for t := l.first; t != nil; {
				next := t.next
				t.clearState(taskletScheduled)
				t = next
			}
			l.first, l.last = nil, nil
		}
	}
}
