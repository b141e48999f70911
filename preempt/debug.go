package preempt

import "go.uber.org/atomic"

var debug atomic.Bool

// SetDebug turns the checks of Linux's CONFIG_DEBUG_PREEMPT on or off, off being
// the default, and returns how it was: percpu.CPU, This and Checked then BUG
// when the caller could be moved. Off, such a call costs one branch more than
// its unchecked kin. Context: any goroutine.
func SetDebug(on bool) (old bool) { return debug.Swap(on) }

// Debugging reports whether these checks are on. Context: any.
func Debugging() bool { return debug.Load() }
