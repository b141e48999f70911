//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"time"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// Longer sleeps are Go's up to leadTime before their end. So a CPU with nothing
// but sleepers may give its P away, and Go knows that they will wake.
const (
	leadTime  = 2 * time.Millisecond
	shortTime = 3 * time.Millisecond
)

// Sleep pauses the caller for at least d. In a task it ends by an interrupt of
// the CPU's own timer, within microseconds, if the task's priority lets it run
// then; elsewhere it is time.Sleep. Context: may block. Linux: usleep_range().
func Sleep(d time.Duration) {
	t := current()
	if t == nil || d <= 0 || !irq.Timed() || preempt.InAtomic() || signals.IRQsDisabled() {
		time.Sleep(d)
		return
	}
	t.sleepUntil(goport.Nanotime()+int64(d), d)
}

// sleepUntil sleeps until Nanotime is when, d from now. t is the current task.
//
//go:norace
func (t *Task) sleepUntil(when int64, d time.Duration) {
	if d > shortTime {
		time.Sleep(d - leadTime)
	}
	if goport.Nanotime() < when {
		t.timer.Key, t.timer.Task = when, &t.Task
		goport.Park(sleepPark, unsafe.Pointer(t))
	}
}

// sleepPark starts the timer of a task that has just been parked.
//
//go:norace
func sleepPark(_ uintptr, p unsafe.Pointer) bool {
	cpuOf(cpu.This()).irq.Sleep(&arg[Task](p).timer)
	return true
}
