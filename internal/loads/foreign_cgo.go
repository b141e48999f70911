//go:build cgo

package loads

import (
	"math/rand/v2"

	"github.com/gokern/gokern/internal/loads/cgoloads"
)

// Loads that call C, which no one can preempt, and are called from there.
var foreign = []Load{
	{Name: "cgo/call", Run: cgoCall},
	{Name: "cgo/errno", Run: cgoErrno},
	{Name: "cgo/callback", Run: cgoCallBack, Holds: true},
	{Name: "cgo/sleep", Run: cgoSleep},
}

func cgoCall(r *rand.Rand) error {
	for range 20 {
		x, n := r.Uint64(), 100+r.IntN(2000)
		if got, want := cgoloads.Mix(x, n), cgoloads.GoMix(x, n); got != want {
			return damaged("registers", "C mixes %#x to %#x, Go to %#x", x, got, want)
		}
		if got, want := cgoloads.Sum(n), float64(n)*36; got != want {
			return damaged("floating-point registers", "C counts %v, want %v", got, want)
		}
	}
	return nil
}

func cgoErrno(r *rand.Rand) error {
	for range 20 {
		if want, got := cgoloads.Errno(1 + r.IntN(100)); got != want {
			return damaged("errno", "C set %v, Go got %v", want, got)
		}
	}
	return nil
}

func cgoCallBack(r *rand.Rand) error {
	x, depth := r.Uint64(), 1+r.IntN(5)
	got, err := cgoloads.CallBack(x, depth)
	if err != nil {
		return damaged("C stack", "%v", err)
	}
	if want := x + uint64(depth); got != want {
		return damaged("registers", "%d calls from C to Go lead from %#x to %#x, want %#x", depth, x, got, want)
	}
	return nil
}

func cgoSleep(*rand.Rand) error {
	if slept, interrupted := cgoloads.Sleep(); slept < cgoloads.SleepTime {
		return damaged("timer", "a sleep in C of %v, interrupted %d times, took %v", cgoloads.SleepTime, interrupted, slept)
	}
	return nil
}
