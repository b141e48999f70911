//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"
	"time"

	"github.com/gokern/gokern/internal/goport"
)

// Current returns the calling task, nil outside a task. Context: any goroutine.
// Linux: current.
func Current() *Task { return current() }

// Yield lets tasks of equal priority run, as Linux's sched_yield does; outside
// a task it is runtime.Gosched. Context: may block.
func Yield() { runtime.Gosched() }

// Sleep pauses the caller for at least d. Context: may block.
func Sleep(d time.Duration) { time.Sleep(d) }

func lockedToThread() bool { return goport.Locked() }
