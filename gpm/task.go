//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/irq"
)

// Task is a goroutine that the kernel runs.
type Task struct {
	goport.Task // first: the hooks know a task by its address

	// How it is to be run. SetAttr changes these at any time, each in one
	// store, and then has whoever holds the task act on them.
	prio    int32  // 0 for Normal; never below what it is lent
	sliced  uint32 // 1: shares its priority by time slices
	allowed *mask

	// Which queue it is on, that of CPU on-1; 0: none. It changes under that
	// queue's lock, and is one word: who has the lock and sees the queue's number
	// may take the task, others see at most where it was.
	on uint32

	// Protected by the lock of that queue.
	level      int32 // the list it is on
	next, prev *Task
	used       uint64 // what it has used of its slice in former turns, in time-stamp counts; RR

	attrs *attrs
	rare  uint32 // 1: it has or had a group or a class, is an agent, or is watched
	last  int32  // the CPU that ran it last, -1: none yet

	fairTask // what its CPU knows of it while it is Normal, Batch or Idle

	// Up to here a switch has to do with it: few cache lines.

	// Written on g0, read from anywhere.
	switches int64
	state    uint32 // gone or not

	class     *class // that has it, or whose turn it has; see classTask
	wantClass *class // that SetAttr wants it to have
	agentOf   *class // whose agent it is

	lent lent // what package lock lends it

	group groupTask

	dl    deadlineTask
	until int64 // when it may run again, by Nanotime, while it is throttled
	user  classTask

	timer irq.Node // ends its Sleep

	notifiers *PreemptNotifier // changed on g0 of the CPU that runs it

	id    int64
	k     *Kernel
	nextT *Task
	prevT *Task
	reap  *Task // next on the list of ended tasks with waiters, or of spares

	orphans    uintptr // goroutines it started that are no tasks yet, linked
	nextParent *Task   // next on the list of tasks with such

	nextAway *Task // next on the list of those that went with their thread

	fn func()

	// What Go has it start; read on g0.
	goAttrs *attrs
	goFn    func()

	held     bool // somebody may know it by its address: never to be used again
	internal bool // the kernel's own: not counted
	perCPU   bool // and stays on its CPU though that is offline

	watch *irq.Watch // is told when it blocks, nil: nobody

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

// ID returns the task's number, unique in its kernel.
//
//go:norace
func (t *Task) ID() int64 { return t.id }

// Name returns its Attr's name.
//
//go:norace
func (t *Task) Name() string { return t.attrs.Name }

// Attr returns how the task is run now.
//
//go:norace
func (t *Task) Attr() Attr {
	return copyAttr(&t.attrs.Attr)
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
	default:
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	raceWaited(t)
	return nil
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
func (t *Task) Runtime() time.Duration { return t.k.duration(t.Cycles()) }
