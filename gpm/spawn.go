//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"runtime/debug"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// Spawn starts fn as a new task. If the task's priority is higher than what
// some CPU runs, it runs there at once. Context: any goroutine, a task too.
// Errors: ErrAttr, ErrShutdown.
func (k *Kernel) Spawn(attr Attr, fn func()) (*Task, error) {
	t, err := k.newTask(attr)
	if err != nil {
		return nil, err
	}
	t.fn = fn
	t.SetBody(taskMain)
	onG0(spawnOnG0, t)
	return t, nil
}

// Do makes the calling goroutine a task for the length of fn, however fn ends,
// and an ordinary goroutine again afterwards. The attr's OnPanic is not used:
// panics go to the caller. Context: an ordinary goroutine that is not locked to
// its thread. Errors: ErrAttr, ErrShutdown, ErrTask, ErrLocked.
func (k *Kernel) Do(attr Attr, fn func()) error {
	if current() != nil {
		return fmt.Errorf("%w: Do from a task", ErrTask)
	}
	if lockedToThread() {
		return ErrLocked
	}
	t, err := k.newTask(attr)
	if err != nil {
		return err
	}
	onG0(listOnG0, t)
	t.Enter()
	defer func() {
		t.Leave()
		onG0(unlistOnG0, t)
		t.finish()
	}()
	fn()
	return nil
}

// Outside runs fn as an ordinary goroutine, off the CPU: for a system call or
// cgo call that blocks, during which others should run. Outside a task it just
// calls fn. Context: a task that may block.
func Outside(fn func()) {
	t := current()
	if t == nil {
		fn()
		return
	}
	if lockedToThread() {
		fn() // it cannot leave its thread
		return
	}
	t.Leave()
	defer t.Enter()
	fn()
}

// newTask returns a task that is on no list yet.
func (k *Kernel) newTask(attr Attr) (*Task, error) {
	if err := attr.check(k.cpusLen); err != nil {
		return nil, err
	}
	if cpu.Load32(&k.stopping) != 0 {
		return nil, ErrShutdown
	}
	t := newSpare(k, nil)
	t.derive(attr)
	t.last = -1
	t.Init(attr.Inherit)
	if attr.Inherit && cpu.Xchg32(&k.inherits, 1) == 0 {
		k.makeSpares(spareHigh)
	}
	return t, nil
}

// derive sets what the scheduler reads. Nobody else knows the task yet.
//
//go:norace
func (t *Task) derive(attr Attr) {
	t.own = copyAttr(&attr)
	t.attr = &t.own
	t.prio = int32(attr.Priority)
	t.sliced = 1
	if attr.Policy == FIFO {
		t.sliced = 0
	}
	t.allowed = t.k.all
	if attr.CPUs != nil {
		t.allowed = maskOf(attr.CPUs, t.k.cpusLen)
	}
}

// copyAttr returns a copy that shares nothing with a. Not instrumented: code on
// g0 passes pointers to Attrs on, which the race detector does not see.
//
//go:norace
func copyAttr(a *Attr) Attr {
	c := *a
	if a.CPUs != nil {
		c.CPUs = make([]int, len(a.CPUs))
		//lint:ignore S1001 with -race copy is instrumented, also in a norace function
		for i, n := range a.CPUs {
			c.CPUs[i] = n
		}
	}
	return c
}

// taskMain is where the goroutine of every spawned task begins.
func taskMain() {
	preempt.ScheduleTail()
	t := current()
	defer t.finish()
	fn := t.fn
	t.fn = nil
	if onPanic := t.own.OnPanic; onPanic != nil {
		t.guard(fn, onPanic)
	} else {
		fn()
	}
}

// guard calls fn and, if it panics, onPanic.
func (t *Task) guard(fn func(), onPanic func(any, []byte)) {
	defer func() {
		if r := recover(); r != nil {
			onPanic(r, debug.Stack())
		}
	}()
	fn()
}

// finish tells whoever waits that the task's function has ended.
func (t *Task) finish() {
	raceEnd(t)
	if cpu.Xchg32(&t.ended, 1) == 0 && cpu.Load32(&t.waited) != 0 {
		t.mu.Lock()
		closeOnce(t.done)
		t.mu.Unlock()
	}
}

// publishWaiter says that somebody waits on done, and reports whether the task
// has ended already, so that nobody else will close done. mu is held.
func (t *Task) publishWaiter() bool {
	cpu.Xchg32(&t.waited, 1)
	return cpu.Load32(&t.ended) != 0
}

// CPU returns the number of the CPU that runs the task now, -1 if none does.
func (t *Task) CPU() int { return int(t.Running()) - 1 }

// Goroutine returns the number of the task's goroutine, as in stack dumps; 0 if
// the task has ended.
func (t *Task) Goroutine() uint64 {
	if t.State() == Dead {
		return 0
	}
	return t.Goid()
}

// State returns what the task does at this moment.
func (t *Task) State() State {
	switch {
	case cpu.Load32(&t.state) == gone:
		return Dead
	case t.Running() != 0:
		return Running
	case t.isQueued():
		return Runnable
	}
	return Blocked
}

//go:norace
func (t *Task) isQueued() bool { return t.queued }
