//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"

	"github.com/gokern/gokern/internal/goport"
)

// Current returns the calling task, nil outside a task. Context: any goroutine.
// Linux: current.
func Current() *Task {
	t := current()
	if t != nil {
		t.hold()
	}
	return t
}

// hold says that somebody may know t from now on.
//
//go:norace
func (t *Task) hold() { t.held = true }

//go:norace
func (t *Task) isHeld() bool { return t.held }

// Yield lets tasks of equal priority run, as Linux's sched_yield does; outside
// a task it is runtime.Gosched. Context: may block.
func Yield() { runtime.Gosched() }

func lockedToThread() bool { return goport.Locked() }
