//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// Each sleep ends, none too early, with hogs on every CPU, forced migrations,
// and the garbage collector running.
func TestSleep(t *testing.T) {
	k := boot(t, Config{CPUs: 3})
	r := newRand(t)
	rounds := 300
	if testing.Short() {
		rounds = 40
	}
	var stop atomic.Bool
	var hogs, sleepers []*Task
	for i := range k.cpusLen {
		hogs = append(hogs, spawn(t, k, Attr{CPUs: []int{i}}, func() {
			for !stop.Load() {
				call(1)
			}
		}))
	}
	var early, slept atomic.Int64
	for i := range 60 {
		own := rand.New(rand.NewPCG(r.Uint64(), 1))
		attr := Attr{Policy: FIFO, Priority: 1 + i%5}
		if i%3 == 0 {
			attr = Attr{}
		}
		sleepers = append(sleepers, spawn(t, k, attr, func() {
			for range rounds {
				d := time.Duration(own.IntN(500)) * time.Microsecond
				if own.IntN(50) == 0 {
					d = time.Duration(own.IntN(5000)) * time.Microsecond // part of it is Go's
				}
				began := time.Now()
				Sleep(d)
				if time.Since(began) < d {
					early.Inc()
				}
				slept.Inc()
			}
		}))
	}
	for range rounds / 10 {
		task := sleepers[r.IntN(len(sleepers))]
		attr := task.Attr()
		attr.CPUs = []int{r.IntN(k.cpusLen)}
		_ = task.SetAttr(attr) // it may have ended
		runtime.GC()
	}
	wait(t, sleepers...)
	stop.Store(true)
	wait(t, hogs...)
	require.Zero(t, early.Load())
	require.EqualValues(t, 60*rounds, slept.Load())
	require.Positive(t, k.Stats().Total.Timers)
}

// Where a task cannot leave its CPU, and outside one, Sleep is Go's.
func TestSleepElsewhere(t *testing.T) {
	k := boot(t, Config{})
	began := time.Now()
	Sleep(2 * time.Millisecond)
	require.GreaterOrEqual(t, time.Since(began), 2*time.Millisecond)
	in(t, k, Attr{}, func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		began := time.Now()
		Sleep(2 * time.Millisecond)
		if time.Since(began) < 2*time.Millisecond {
			panic("too early")
		}
	})
	in(t, k, Attr{}, func() {
		Sleep(0)
		Sleep(-1)
	})
}
