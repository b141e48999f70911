//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"errors"
	"fmt"
	"time"

	"github.com/gokern/gokern/internal/goport"
)

const (
	selfTestTimeout = 30 * time.Second      // for a machine under much load; a loop ends by itself long before
	maxTestSlice    = 50 * time.Millisecond // a loop of the test lasts longer
)

var (
	errTimeout     = errors.New("did not happen in 30 s")
	errLate        = errors.New("the task that should preempt the loop ran only when that had ended")
	errEnded       = errors.New("the loop had ended before")
	errNoInterrupt = errors.New("the task that should preempt the loop did run, but no inter-processor interrupt came")
	errNoTick      = errors.New("two tasks wanted one CPU, but its timer sent no tick")
)

// skip is an error that says why a step cannot be done here.
type skip string

func (s skip) Error() string { return string(s) }

// selfTestSteps are the steps in order. run returns what it saw.
var selfTestSteps = []selfTestStep{
	{"a loop with calls is preempted", (*Kernel).testCalls},
	{"a loop without calls is preempted", (*Kernel).testTight},
	{"a tick ends a slice", (*Kernel).testTick},
	{"a blocked task is woken", (*Kernel).testPark},
	{"a running task migrates", (*Kernel).testMigrate},
	{"a task ends", (*Kernel).testExit},
}

type selfTestStep struct {
	name string
	run  func(*Kernel) (note string, err error)
}

// SelfTest runs, on this kernel's CPUs, what every kernel must be able to do: a
// task is preempted in a loop with and without calls, by an inter-processor
// interrupt and by a tick, blocks and is woken, moves to another CPU in the
// middle of its loop, and ends. Boot has run it once. A step that this machine
// or GODEBUG does not allow is skipped, and says so. The preemption model is Full
// meanwhile. Context: an ordinary goroutine; it takes milliseconds. The error names
// the first step that failed.
func (k *Kernel) SelfTest() (all []Check, err error) {
	k.full(func() { all, err = k.runSelfTest() })
	return all, err
}

func (k *Kernel) runSelfTest() (all []Check, err error) {
	for _, step := range selfTestSteps {
		start := time.Now()
		note, err := step.run(k)
		c := Check{Name: step.name, Took: time.Since(start), Note: note}
		var why skip
		if errors.As(err, &why) {
			c.Note, c.Skipped, err = string(why), true, nil
		}
		c.Err = err
		all = append(all, c)
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

// until waits for what ok reports, or for too long.
func until(ok func() bool) error {
	for start := time.Now(); !ok(); time.Sleep(10 * time.Microsecond) {
		if time.Since(start) > selfTestTimeout {
			return errTimeout
		}
	}
	return nil
}

func (k *Kernel) testCalls() (string, error) {
	took, err := k.preemptLoop((*spinner).withCalls)
	return fmt.Sprintf("after %v", took), err
}

func (k *Kernel) testTight() (string, error) {
	if off := goport.AsyncPreemptOff(); off != "" {
		return "", skip("prologues only: GODEBUG=" + off)
	}
	took, err := k.preemptLoop((*spinner).withoutCalls)
	return fmt.Sprintf("after %v", took), err
}

// loop is the strictest loop that this program can be preempted in.
func (k *Kernel) loop() func(*spinner) {
	if k.asyncPreempt {
		return (*spinner).withoutCalls
	}
	return (*spinner).withCalls
}

// testTick has two equal tasks share a CPU.
func (k *Kernel) testTick() (string, error) {
	if k.config.Slice > maxTestSlice {
		return "", skip(fmt.Sprintf("slices of %v are too long to wait for", k.config.Slice))
	}
	c := k.cpus[0]
	before, start := c.stats().Ticks, time.Now()
	one, two := spinner{rounds: manyRounds}, spinner{rounds: manyRounds}
	defer one.halt()
	defer two.halt()
	for _, s := range []*spinner{&one, &two} {
		if err := k.spawnSpinner("selftest tick", s, k.loop()); err != nil {
			return "", err
		}
	}
	// The second may also run for a moment while the collector has stopped the first.
	ticked := func() bool { return c.stats().Ticks != before }
	if err := until(func() bool { return two.hasStarted() && ticked() || one.hasEnded() }); err != nil {
		return "", err
	}
	took := time.Since(start)
	switch {
	case !one.hasEnded():
		return fmt.Sprintf("after %v", took.Round(time.Microsecond)), nil
	case ticked():
		return "", errLate
	}
	return "", errNoTick
}

func (k *Kernel) testPark() (string, error) {
	c, woken := make(chan struct{}), make(chan struct{})
	t, err := k.Spawn(Attr{Name: "selftest park"}, func() {
		<-c
		close(woken)
	})
	if err != nil {
		return "", err
	}
	err = until(func() bool { return t.State() == Blocked && t.Cycles() != 0 })
	close(c) // in any case: no task may stay
	if err != nil {
		return "", err
	}
	return "", await(woken)
}

func (k *Kernel) testMigrate() (string, error) {
	if k.cpusLen < 2 {
		return "", skip("there is one CPU only")
	}
	s := spinner{rounds: manyRounds}
	defer s.halt()
	if err := k.spawnSpinner("selftest migrate", &s, k.loop()); err != nil {
		return "", err
	}
	for _, to := range []int{0, 1} {
		if err := s.task.SetAttr(Attr{Name: "selftest migrate", CPUs: []int{to}}); err != nil {
			return "", err
		}
		// Not where it runs now: see runs.
		if err := until(func() bool { return s.task.ranLastOn(to) || s.hasEnded() }); err != nil {
			return "", err
		}
	}
	if s.hasEnded() {
		return "", errEnded
	}
	return "from CPU 0 to CPU 1", nil
}

func (k *Kernel) testExit() (string, error) {
	t, err := k.Spawn(Attr{Name: "selftest exit"}, func() {})
	if err != nil {
		return "", err
	}
	return "", until(func() bool { return t.State() == Dead })
}
