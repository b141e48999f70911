package signals

import "go.uber.org/atomic"

var unmaskHook atomic.Pointer[func()]

// SetUnmaskHook has f called, by the task, whenever it has unmasked interrupts or
// enabled softirqs; nil: not any more. For the validator of locks, which is above
// this package. Context: any. Linux: lockdep_hardirqs_on(), lockdep_softirqs_on().
func SetUnmaskHook(f func()) {
	if f == nil {
		unmaskHook.Store(nil)
	} else {
		unmaskHook.Store(&f)
	}
}

func unmasked() {
	if f := unmaskHook.Load(); f != nil {
		(*f)()
	}
}
