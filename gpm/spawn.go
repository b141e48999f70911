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
// Errors: ErrAttr, ErrBandwidth, ErrShutdown.
func (k *Kernel) Spawn(attr Attr, fn func()) (*Task, error) {
	if fn == nil {
		return nil, errNoFunction
	}
	t, err := k.newTask(attr)
	if err != nil {
		return nil, err
	}
	if err := t.start(fn); err != nil {
		return nil, err
	}
	return t, nil
}

// Go is Spawn for those who need no Task: the kernel uses its memory again when
// the task has ended. It is the cheapest way to start one. Context and errors as
// for Spawn.
func (k *Kernel) Go(attr Attr, fn func()) error {
	if fn == nil {
		return errNoFunction
	}
	a, err := k.admit(&attr)
	if err != nil {
		return err
	}
	if parent := current(); parent != nil && parent.goes(a, fn) {
		return nil
	}
	t := newSpare(k, nil)
	t.use(a)
	return t.start(fn)
}

// start starts fn as t, unless the kernel has ended meanwhile.
func (t *Task) start(fn func()) error {
	t.launch(fn)
	return t.refused()
}

// launch is start for the kernel's own tasks, which are never refused.
func (t *Task) launch(fn func()) {
	t.begin(fn)
	onG0(spawnOnG0, t)
}

// refused returns an error if t was not listed. One that was may be another's by now,
// and is on the list, or has been.
//
//go:norace
func (t *Task) refused() error {
	if t.id == 0 {
		return ErrShutdown
	}
	return nil
}

var errNoFunction = fmt.Errorf("%w: no function to run", ErrAttr)

// begin sets what the task will run. Not instrumented: its memory may have been
// another task's, and the race detector does not see that this is over.
//
//go:norace
func (t *Task) begin(fn func()) {
	t.fn = fn
	t.SetBody(taskMain)
}

//go:norace
func (t *Task) takeFn() (fn func()) {
	fn, t.fn = t.fn, nil
	return fn
}

// goes starts fn as a spare task, and reports whether there was one. t is the
// current task.
//
//go:norace
func (t *Task) goes(a *attrs, fn func()) bool {
	t.goAttrs, t.goFn = a, fn
	onG0(goOnG0, t)
	started := t.goFn == nil
	t.goAttrs, t.goFn = nil, nil
	return started
}

// Do makes the calling goroutine a task for the length of fn, however fn ends,
// and an ordinary goroutine again afterwards. The attr's OnPanic is not used:
// panics go to the caller. Context: an ordinary goroutine that is not locked to
// its thread. Errors: ErrAttr, ErrBandwidth, ErrShutdown, ErrTask, ErrLocked.
func (k *Kernel) Do(attr Attr, fn func()) error {
	if current() != nil {
		return fmt.Errorf("%w: Do from a task", ErrTask)
	}
	if lockedToThread() {
		return ErrLocked
	}
	if fn == nil {
		return errNoFunction
	}
	t, err := k.newTask(attr)
	if err != nil {
		return err
	}
	onG0(listOnG0, t)
	if err := t.refused(); err != nil {
		return err
	}
	t.Enter()
	defer func() {
		staying := t.clearMigrate()
		open := t.closeSections()
		t.Leave()
		onG0(unlistOnG0, t)
		t.finish()
		if staying {
			t.stayedToEnd()
		}
		t.reportOpen(open)
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
	t.checkOutside()
	t.Leave()
	defer t.Enter()
	fn()
}

// spawnAgent starts fn as a task of the kernel's own: it is not counted, and
// whoever has started it ends it before Shutdown stops the CPUs.
func (k *Kernel) spawnAgent(cl *class, name string, priority int, fn func()) *Task {
	t := newSpare(k, nil)
	t.use(k.derive(Attr{Name: name, Policy: FIFO, Priority: priority}, nil))
	t.hold()
	t.markAgent(cl)
	t.launch(fn)
	return t
}

//go:norace
func (t *Task) markAgent(cl *class) { t.internal, t.agentOf, t.rare = true, cl, 1 }

// newTask returns a task that is on no list yet, and that the caller, or somebody
// it tells, will know: it is never used again for another.
func (k *Kernel) newTask(attr Attr) (*Task, error) {
	a, err := k.admit(&attr)
	if err != nil {
		return nil, err
	}
	t := newSpare(k, nil)
	t.use(a)
	t.hold()
	return t, nil
}

// currentGroup returns the caller's group, nil for the root.
//
//go:norace
func currentGroup() *Group {
	if t := current(); t != nil {
		return t.attrs.group
	}
	return nil
}

// admit checks whether a task with that Attr may start now.
func (k *Kernel) admit(attr *Attr) (*attrs, error) {
	if attr.Group == nil {
		attr.Group = currentGroup()
	}
	a, err := k.attrsOf(attr)
	if err != nil {
		return nil, err
	}
	if cpu.Load32(&k.stopping) != 0 {
		return nil, ErrShutdown
	}
	if a.bandwidth != 0 {
		args := newAttrArgs(k, nil, a)
		onG0(reserveOnG0, args)
		if err := args.err(); err != nil {
			return nil, err
		}
	}
	if a.Inherit && cpu.Load32(&k.inherits) == 0 && cpu.Xchg32(&k.inherits, 1) == 0 {
		k.makeSpares(spareHigh)
	}
	return a, nil
}

// taskMain is where the goroutine of every spawned task begins.
func taskMain() {
	preempt.ScheduleTail()
	t := current()
	defer t.finish()
	fn := t.takeFn()
	if onPanic := t.onPanic(); onPanic != nil {
		t.guard(fn, onPanic)
	} else {
		fn()
	}
}

//go:norace
func (t *Task) onPanic() func(any, []byte) { return t.attrs.OnPanic }

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
	if f := exitHook.Load(); f != nil {
		(*f)(t)
	}
	if t.clearMigrate() {
		t.stayedToEnd()
	}
	if open := t.closeSections(); open != 0 {
		defer t.reportOpen(open)
	}
	raceEnd(t)
	t.endNotifiers()
	if !t.isHeld() {
		return
	}
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
func (t *Task) isQueued() bool { return t.on != 0 }
