package gpm

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gokern/gokern/internal/goport"
)

// Task is a goroutine that the kernel runs.
type Task struct {
	goport.Task // first: the hooks know a task by its address

	// Protected by the lock of the run queue that the task is on, or owned by
	// the CPU that runs it.
	next, prev *Task
	prio       int32 // index of its list: 0 for Normal
	sliced     uint32
	queued     bool
	last       int32 // the CPU that ran it last
	allowed    mask

	// Written on g0, read from anywhere.
	running  uint32 // number of the CPU that runs it, plus 1
	state    uint32 // gone or not
	cycles   int64  // time-stamp counts run so far
	since    uint64 // time-stamp counter when it was queued
	switches int64

	id     int64
	k      *Kernel
	onList bool // on the kernel's list of tasks
	nextT  *Task
	prevT  *Task
	reap   *Task // next on the list of ended tasks with waiters, or of spares

	orphans    uintptr // goroutines it started that are no tasks yet, linked
	nextParent *Task   // next on the list of tasks with such

	attr *Attr // never changed, only replaced

	mu   sync.Mutex // protects done
	done chan struct{}

	waited uint32 // 1: somebody waits on done
	ended  uint32 // 1: done is to be closed, or closed
}

// A task's state word.
const (
	alive = iota
	gone
)

// State is what a task does at a moment.
type State uint8

const (
	// Blocked: it waits for something.
	Blocked State = iota
	// Runnable: it waits for a CPU.
	Runnable
	// Running: it has a CPU (and may be in a system call).
	Running
	// Dead: it has ended, or has left the kernel.
	Dead
)

// String returns the state's name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

var stateNames = [...]string{"blocked", "runnable", "running", "dead"}

// ID returns the task's number, unique in its kernel.
func (t *Task) ID() int64 { return t.id }

// Name returns its Attr's name.
func (t *Task) Name() string { return t.Attr().Name }

// Attr returns how the task is run now.
func (t *Task) Attr() Attr {
	a := *t.currentAttr()
	a.CPUs = append([]int(nil), a.CPUs...)
	return a
}

// String names the task for logs.
func (t *Task) String() string { return fmt.Sprintf("task %d %q", t.id, t.Name()) }

// Wait waits until the task has ended, or ctx has. It returns ctx's error in
// the second case. Context: anywhere that may block.
func (t *Task) Wait(ctx context.Context) error {
	t.mu.Lock()
	if t.done == nil {
		t.done = make(chan struct{})
	}
	done := t.done
	closed := t.publishWaiter()
	if closed {
		closeOnce(done)
	}
	t.mu.Unlock()
	select {
	case <-done:
		return nil
	default:
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// closeOnce closes c if it is open. The task's mu is held.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// Runtime returns how long the task has run so far, up to its last switch.
func (t *Task) Runtime() time.Duration { return t.k.duration(t.ranCycles()) }
