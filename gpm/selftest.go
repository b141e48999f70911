//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"errors"
	"fmt"
	"time"

	"go.uber.org/atomic"
)

// Check is one step of the self-test, and how long it took.
type Check struct {
	Name string
	Took time.Duration
	Err  error
}

const selfTestTimeout = 5 * time.Second

var errTimeout = errors.New("did not happen in 5 s")

// SelfTest runs, on this kernel's CPUs, what every kernel must be able to do: a
// task is preempted in a loop without calls, blocks and is woken, moves to
// another CPU in the middle of that loop, and ends. Boot has run it once.
// Context: an ordinary goroutine. The error names the first step that failed.
func (k *Kernel) SelfTest() ([]Check, error) {
	var all []Check
	for _, step := range []struct {
		name string
		run  func(*Kernel) error
	}{
		{"a tight loop is preempted", (*Kernel).testPreempt},
		{"a blocked task is woken", (*Kernel).testPark},
		{"a running task migrates", (*Kernel).testMigrate},
		{"a task ends", (*Kernel).testExit},
	} {
		start := time.Now()
		err := step.run(k)
		all = append(all, Check{step.name, time.Since(start), err})
		if err != nil {
			return all, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return all, nil
}

func (k *Kernel) selfTest() error {
	_, err := k.SelfTest()
	return err
}

// await waits for c, or for too long.
func await(c <-chan struct{}) error {
	timeout := time.NewTimer(selfTestTimeout)
	defer timeout.Stop()
	select {
	case <-c:
		return nil
	case <-timeout.C:
		return errTimeout
	}
}

// spin loops until stop is set, with calls only where they are needed to be
// preempted at all, at most for twice the timeout.
func (k *Kernel) spin(stop *atomic.Bool, round func()) {
	deadline := time.Now().Add(2 * selfTestTimeout)
	for !stop.Load() && time.Now().Before(deadline) {
		if round != nil {
			round()
		}
		if k.asyncPreempt {
			tight(stop)
		} else {
			withCalls(stop)
		}
	}
}

// tight is a loop that no prologue interrupts.
func tight(stop *atomic.Bool) (x int) {
	for i := 0; i < 1_000_000 && !stop.Load(); i++ {
		x += i
	}
	return x
}

func withCalls(stop *atomic.Bool) (x int) {
	for i := 0; i < 1_000_000 && !stop.Load(); i++ {
		x += call(i)
	}
	return x
}

// call has a prologue, where a preemption can be taken.
//
//go:noinline
func call(i int) int {
	var a [64]int
	a[i&63] = i
	return a[(i*7)&63]
}

func (k *Kernel) testPreempt() error {
	var stop atomic.Bool
	defer stop.Store(true)
	spinning, ran := make(chan struct{}), make(chan struct{})
	cpu0 := []int{0}
	first := true
	if _, err := k.Spawn(Attr{Name: "selftest loop", CPUs: cpu0}, func() {
		k.spin(&stop, func() {
			if first {
				first = false
				close(spinning)
			}
		})
	}); err != nil {
		return err
	}
	if err := await(spinning); err != nil {
		return err
	}
	if _, err := k.Spawn(Attr{Name: "selftest high", Policy: FIFO, Priority: MaxPriority, CPUs: cpu0}, func() { close(ran) }); err != nil {
		return err
	}
	return await(ran)
}

func (k *Kernel) testPark() error {
	c, woken := make(chan struct{}), make(chan struct{})
	t, err := k.Spawn(Attr{Name: "selftest park"}, func() {
		<-c
		close(woken)
	})
	if err != nil {
		return err
	}
	for start := time.Now(); t.State() != Blocked || t.Cycles() == 0; {
		if time.Since(start) > selfTestTimeout {
			return errTimeout
		}
		time.Sleep(10 * time.Microsecond)
	}
	close(c)
	return await(woken)
}

func (k *Kernel) testMigrate() error {
	if k.cpusLen < 2 {
		return nil
	}
	var stop atomic.Bool
	defer stop.Store(true)
	t, err := k.Spawn(Attr{Name: "selftest migrate", CPUs: []int{0}}, func() { k.spin(&stop, nil) })
	if err != nil {
		return err
	}
	for _, to := range []int{0, 1} {
		if err := t.SetAttr(Attr{Name: "selftest migrate", CPUs: []int{to}}); err != nil {
			return err
		}
		for start := time.Now(); t.CPU() != to; {
			if time.Since(start) > selfTestTimeout {
				return errTimeout
			}
			time.Sleep(10 * time.Microsecond)
		}
	}
	return nil
}

func (k *Kernel) testExit() error {
	t, err := k.Spawn(Attr{Name: "selftest exit"}, func() {})
	if err != nil {
		return err
	}
	for start := time.Now(); t.State() != Dead; {
		if time.Since(start) > selfTestTimeout {
			return errTimeout
		}
		time.Sleep(10 * time.Microsecond)
	}
	return nil
}
