package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gokern/gokern/gpm"
)

const loopCheck = "a loop without any call is preempted"

var errLate = errors.New("the task that should preempt it ran only when the loop had ended")

// checkLoop proves that tasks are preempted between any two instructions: a
// FIFO task must run while another task of its CPU is in a loop that has no
// function prologue in any build (the kernel's own self-test stops its loops
// early, so it has calls now and then). It took the time from Spawn to the FIFO
// task's first instruction. A preemption that does not work fails the check but
// cannot hang it: the loop ends by itself.
func checkLoop(k *gpm.Kernel) check {
	var took time.Duration
	var err error
	for range 5 { // on a machine under load the loop may end before it is looked at
		if took, err = tryLoop(k); !errors.Is(err, errLate) {
			break
		}
	}
	c := check{Name: loopCheck, Took: took}
	if err != nil {
		c.Error = err.Error()
	}
	return c
}

func tryLoop(k *gpm.Kernel) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	var started atomic.Bool
	var ended uint32
	low, err := k.Spawn(gpm.Attr{Name: "doctor loop", CPUs: []int{0}}, func() {
		started.Store(true)
		loop(&ended)
	})
	if err != nil {
		return 0, err
	}
	for !started.Load() {
		if ctx.Err() != nil {
			return 0, errors.New("the loop's task was not run")
		}
		time.Sleep(10 * time.Microsecond)
	}
	var took time.Duration
	late := true
	spawned := time.Now()
	high, err := k.Spawn(gpm.Attr{Name: "doctor high", Policy: gpm.FIFO, Priority: gpm.MaxPriority, CPUs: []int{0}}, func() {
		took, late = time.Since(spawned), atomic.LoadUint32(&ended) != 0
	})
	if err != nil {
		return 0, err
	}
	for _, t := range []*gpm.Task{high, low} {
		if err := t.Wait(ctx); err != nil {
			return 0, err
		}
	}
	if late {
		return took, errLate
	}
	return took, nil
}

// loop computes for some tenths of a second and then says so by making *ended
// another number than 0. It calls nothing, so that no prologue lies between the
// loop and the store: hence no sync/atomic, and no race detector.
//
//go:noinline
//go:norace
func loop(ended *uint32) {
	x := uint64(88172645463325252) // xorshift
	for range 100_000_000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	*ended = uint32(x) | 1
}
