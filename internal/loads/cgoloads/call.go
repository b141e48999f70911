package cgoloads

// #include "loads.h"
import "C"

import (
	"syscall"
	"time"
)

// Mix returns x mixed n times, by C.
func Mix(x uint64, n int) uint64 { return uint64(C.gokern_loads_mix(C.uint64_t(x), C.int(n))) }

// GoMix returns what Mix must, computed in Go.
func GoMix(x uint64, n int) uint64 {
	for i := range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		x += uint64(i)
	}
	return x
}

// Sum returns n*36, counted by C in eight floating-point variables.
func Sum(n int) float64 { return float64(C.gokern_loads_sum(C.int(n))) }

// Errno has C set errno to code; it returns that, and what arrives in Go.
func Errno(code int) (want, got error) {
	_, got = C.gokern_loads_errno(C.int(code))
	return syscall.Errno(code), got
}

// SleepTime is how long Sleep sleeps.
const SleepTime = 200 * time.Microsecond

// Sleep sleeps in C; it returns how long that took and how many signals came.
// Go's scheduler sees a system call.
func Sleep() (slept time.Duration, interrupted int) {
	start := time.Now()
	interrupted = int(C.gokern_loads_sleep(C.int(SleepTime / time.Microsecond)))
	return time.Since(start), interrupted
}
