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

// hold passes the time inside a section, mostly none: as locktorture's
// write_delay does. Context: any, if atomic; else one that may block.
func hold(r *rand.Rand, atomic bool, long time.Duration) {
	switch x := r.IntN(4000); {
	case x == 0 && atomic:
		spinFor(long) // the tick wants the CPU meanwhile
	case x == 0:
		time.Sleep(long)
	case x < 20:
		spinFor(20 * time.Microsecond)
	case x < 1000:
		Spin(x)
	case atomic:
	case x < 1100:
		runtime.Gosched()
	case x < 1110:
		time.Sleep(10 * time.Microsecond)
	case x < 1150:
		runtime.KeepAlive(make([]byte, 100+x)) // the collector may want help here
	}
}

// Pause passes a random time, mostly a short one, inside a section: without
// blocking if atomic.
func Pause(r *rand.Rand, atomic bool) { hold(r, atomic, time.Millisecond) }

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
