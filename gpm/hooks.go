package gpm

import (
	"log/slog"

	"go.uber.org/atomic"
)

// Calls to the validator of locks, which is above this package.
var (
	exitHook   atomic.Pointer[func(*Task)]
	parkedHook atomic.Pointer[func(*slog.Logger)]
)

// SetHooks has exit called at the end of each task's function, by its
// goroutine, and parked by the watchdog when all CPUs have blocked without work.
// Either may be nil. Not for users.
func SetHooks(exit func(*Task), parked func(*slog.Logger)) {
	exitHook.Store(nil)
	parkedHook.Store(nil)
	if exit != nil {
		exitHook.Store(&exit)
	}
	if parked != nil {
		parkedHook.Store(&parked)
	}
}
