//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"fmt"
	"iter"
	"unsafe"
)

// keepCoro keeps the runtime's coroutine functions in the program, so that
// their call sites are there to be found whatever the program uses.
func keepCoro() {
	next, stop := iter.Pull(func(func(int) bool) {})
	next()
	stop()
}

var (
	newproc1       func(fn, callergp unsafe.Pointer, callerpc uintptr, parked bool, reason uint8) unsafe.Pointer
	gopark         func(unlockf func(gp uintptr, lock unsafe.Pointer) bool, lock unsafe.Pointer, reason, traceReason uint8, traceskip int)
	ready          func(gp uintptr, traceskip int, next bool)
	nanotime       func() int64
	isBubbled      func() bool
	runSafePointFn func()
	wakep          func()
	timersCheck    func(ts uintptr, now int64, bubble uintptr) (rnow, pollUntil int64, ran bool)
)

// bindFunctions makes Go func values of the runtime functions that Go code here calls.
func bindFunctions() {
	start := (*Task).StartOnG0
	startPC = **(**uintptr)(unsafe.Pointer(&start)) + 1
	newproc1 = fn[func(fn, callergp unsafe.Pointer, callerpc uintptr, parked bool, reason uint8) unsafe.Pointer](pcNewproc1)
	gopark = fn[func(unlockf func(gp uintptr, lock unsafe.Pointer) bool, lock unsafe.Pointer, reason, traceReason uint8, traceskip int)](pcGopark)
	ready = fn[func(gp uintptr, traceskip int, next bool)](pcReady)
	nanotime = fn[func() int64](pcNanotime)
	isBubbled = func() bool { return false }
	if pcIsBubbled != 0 {
		isBubbled = fn[func() bool](pcIsBubbled)
	}
	runSafePointFn = fn[func()](pcRunSafePointFn)
	netpoll = fn[func(delay int64) (gList, int32)](pcNetpoll)
	wakep = fn[func()](pcWakep)
	// go1.25's has no third argument; one more in a register does no harm.
	timersCheck = fn[func(ts uintptr, now int64, bubble uintptr) (rnow, pollUntil int64, ran bool)](pcTimersCheck)
}

// resolveGuard measures the distance of g.stackguard0 from the stack's end on
// this very goroutine, and checks it against the code of execute, which sets it.
func resolveGuard(s *symbols, r *Report) error {
	const poison = ^uintptr(1313) // stackPreempt
	for range 1000 {
		g := getg()
		guard, lo := load64(g+gGuard0), load64(g)
		if guard >= poison {
			continue // a preemption is wanted; the next call serves it
		}
		if d := guard - lo; usesOffset(s, "runtime.execute", int64(d)) {
			stackGuard = d
			r.add("constant", "stackGuard", fmt.Sprint(d), "this goroutine; code of execute")
			return nil
		}
	}
	return fmt.Errorf("the stack guard's distance is not in the code of execute")
}
