//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"errors"
	"time"

	"github.com/gokern/gokern/internal/cpu"
)

// spinner is a task of the self-test that computes until it is told to stop, and
// in any case ends by itself: a preemption that does not work fails a step but
// cannot hang it. Its words are the kernel's own sort, for its loops are not
// instrumented.
type spinner struct {
	task    *Task
	rounds  int // until it ends by itself; 0: maxRounds
	started uint32
	stop    uint32
	ended   uint32
}

const (
	// Rounds until a loop ends by itself: some tenths of a second, or a second or
	// two if the build is not optimised.
	maxRounds = 150_000_000
	// And where the step is not tried again if the machine stops for as long.
	manyRounds = 8 * maxRounds
	// Rounds between two calls in the loop that has calls.
	callEvery = 1 << 16
)

func (s *spinner) hasStarted() bool { return cpu.Load32(&s.started) != 0 }
func (s *spinner) hasEnded() bool   { return cpu.Load32(&s.ended) != 0 }
func (s *spinner) hasStopped() bool { return cpu.Load32(&s.stop) != 0 }
func (s *spinner) halt()            { cpu.Store32(&s.stop, 1) }

// runs reports whether CPU 0 runs s now. Beside ordinary goroutines that compute, the
// tester, which is one too, may be run just because CPU 0 has given its P away for it, time
// and again: as a sleep of the tester's ends where it began. So who wants to
// see s run must not sleep, until Go itself has others run and the CPU has its P back.
func (s *spinner) runs() bool { return s.task.CPU() == 0 }

// ranLastOn reports whether t runs on that CPU, or did when it last ran.
//
//go:norace
func (t *Task) ranLastOn(n int) bool { return int(t.last) == n }

// spawnSpinner starts s on CPU 0.
func (k *Kernel) spawnSpinner(name string, s *spinner, loop func(*spinner)) (err error) {
	if s.rounds == 0 {
		s.rounds = maxRounds
	}
	s.task, err = k.Spawn(Attr{Name: name, CPUs: []int{0}}, func() { loop(s) })
	return err
}

// withoutCalls computes. It calls nothing and says itself when it has started
// and ended, so that no prologue lies between: hence no sync/atomic, which is a
// call with -race, and no race detector.
//
//go:noinline
//go:norace
func (s *spinner) withoutCalls() {
	s.started = 1
	x := uint64(88172645463325252) // xorshift
	for i := 0; i < s.rounds && s.stop == 0; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	s.ended = uint32(x) | 1
}

// withCalls computes, with calls where a preemption can be taken.
//
//go:noinline
//go:norace
func (s *spinner) withCalls() {
	s.started = 1
	x := 1
	for i := 0; i < s.rounds && s.stop == 0; i++ {
		x += i
		if i%callEvery == 0 {
			x += call(i)
		}
	}
	s.ended = uint32(x) | 1
}

// call has a prologue, where a preemption can be taken.
//
//go:noinline
func call(i int) int {
	var a [64]int
	a[i&63] = i
	return a[(i*7)&63]
}

// preemptLoop has a FIFO task run while another task of its CPU is in loop. It
// returns the time from Spawn to the FIFO task's first instruction.
func (k *Kernel) preemptLoop(loop func(*spinner)) (took time.Duration, err error) {
	for range 5 { // the machine may be too busy to look in time, or the kernel with other tasks
		took, err = k.tryPreemptLoop(loop)
		if !errors.Is(err, errLate) && !errors.Is(err, errNoInterrupt) {
			break
		}
	}
	return took, err
}

func (k *Kernel) tryPreemptLoop(loop func(*spinner)) (took time.Duration, err error) {
	var low spinner
	defer low.halt()
	if err := k.spawnSpinner("selftest loop", &low, loop); err != nil {
		return 0, err
	}
	if err := until(low.hasStarted); err != nil {
		return 0, err
	}
	for start := time.Now(); !low.runs() && !low.hasEnded(); {
		if time.Since(start) > selfTestTimeout {
			return 0, errTimeout
		}
	}
	late, ran := false, make(chan struct{})
	before, spawned := k.cpus[0].stats().IPIs, time.Now()
	if _, err := k.Spawn(Attr{Name: "selftest high", Policy: FIFO, Priority: MaxPriority, CPUs: []int{0}}, func() {
		took, late = time.Since(spawned), low.hasEnded()
		close(ran)
	}); err != nil {
		return 0, err
	}
	if err := await(ran); err != nil {
		return 0, err
	}
	switch {
	case late:
		return took, errLate
	case k.cpus[0].stats().IPIs == before:
		return took, errNoInterrupt // Go's own preemption, every 10 ms, did it
	}
	return took, nil
}
