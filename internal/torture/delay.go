package torture

import (
	"math/rand/v2"
	"runtime"
	"time"
)

// Spin computes for n rounds of some nanosecond each.
//
//go:noinline
func Spin(n int) {
	x := uint64(n)
	for range n {
		x = x*6364136223846793005 + 1442695040888963407
	}
	runtime.KeepAlive(x)
}

// spinFor computes for that long.
func spinFor(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
		Spin(100)
	}
}

// hold passes the time inside a section of s, mostly none: as locktorture's
// write_delay does.
func hold(r *rand.Rand, s *Subject, long time.Duration) {
	switch x := r.IntN(4000); {
	case x == 0 && s.Atomic:
		spinFor(long) // the tick wants the CPU meanwhile
	case x == 0:
		time.Sleep(long)
	case x < 20:
		spinFor(20 * time.Microsecond)
	case x < 1000:
		Spin(x)
	case x < 1050 && (!s.Atomic || s.Allocates):
		runtime.KeepAlive(make([]byte, 100+x)) // the collector may want help here
	case s.Atomic:
	case x < 1150:
		runtime.Gosched()
	case x < 1160:
		time.Sleep(10 * time.Microsecond)
	}
}

// Pause passes a random time, mostly a short one, as inside a section of s.
func Pause(r *rand.Rand, s *Subject) { hold(r, s, time.Millisecond) }

// between passes the time between two sections.
func between(r *rand.Rand) {
	switch x := r.IntN(1000); {
	case x < 3:
		time.Sleep(time.Duration(x) * 30 * time.Microsecond)
	case x < 40:
		runtime.Gosched()
	case x < 300:
		Spin(x)
	}
}
