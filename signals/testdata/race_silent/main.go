// Interrupts, softirqs and timers used as they should be: the race detector must say
// nothing.
package main

import (
	"context"
	"runtime"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	k, err := gpm.Boot(gpm.Config{CPUs: 2})
	check(err)

	// What is written before Start is the callback's, what the callback writes is
	// its next run's, on whatever CPU, and after Cancel the caller's.
	var data int
	var left atomic.Int32
	timer := signals.NewHRTimer(func(x *signals.HRTimer) signals.HRTimerRestart {
		data++
		if left.Dec() <= 0 {
			return signals.HRTimerNoRestart
		}
		x.ForwardNow(50 * time.Microsecond)
		return signals.HRTimerRestarts
	})
	for i := range 40 {
		data++
		left.Store(5)
		check(timer.StartOn(i%2, 50*time.Microsecond, signals.HRTimerRel))
		for left.Load() > 0 {
			time.Sleep(20 * time.Microsecond)
		}
		timer.Cancel()
		data++
	}

	// A CPU's callbacks, and its tasks with interrupts masked, exclude each other;
	// so do its softirqs and tasks with softirqs disabled.
	var hard, soft [2]int
	check(signals.OpenSoftIRQ(signals.UserSoftIRQ, func() { soft[signalsCPU()]++ }))
	left.Store(300)
	callback := func(x *signals.HRTimer) signals.HRTimerRestart {
		hard[signalsCPU()]++
		signals.RaiseSoftIRQ(signals.UserSoftIRQ)
		if left.Dec() <= 0 {
			return signals.HRTimerNoRestart
		}
		x.ForwardNow(50 * time.Microsecond)
		return signals.HRTimerRestarts
	}
	for i := range 2 {
		for range 2 {
			check(signals.NewHRTimer(callback).StartOn(i, 0, signals.HRTimerRel))
		}
		_, err := k.Spawn(gpm.Attr{CPUs: []int{i}}, func() {
			for left.Load() > 0 {
				flags := signals.IRQSave()
				hard[i]++
				signals.IRQRestore(flags)
				signals.BHDisable()
				soft[i]++
				signals.RaiseSoftIRQ(signals.UserSoftIRQ)
				signals.BHEnable()
				runtime.Gosched()
			}
		})
		check(err)
	}
	for left.Load() > 0 {
		time.Sleep(time.Millisecond)
	}

	// Tasklets are ordered, and after Schedule; calls that wait, and StopMachine, are
	// after what came before and before what follows.
	var mine, calls int
	tasklet := signals.NewTasklet(func() { mine++ })
	for i := range 200 {
		check(tasklet.Schedule())
		check(signals.SMPCallFunctionSingle(i%2, func() { calls++ }, true))
		calls++
		if i%20 == 0 {
			check(signals.StopMachine(func() error {
				calls++
				hard[0]++
				hard[1]++
				soft[0]++
				soft[1]++
				return nil
			}, nil))
		}
	}
	tasklet.Kill()
	mine++
	check(k.Shutdown(context.Background()))
	println("done")
}

// signalsCPU returns the CPU of a callback.
func signalsCPU() int {
	n := preempt.DisableCPU()
	preempt.Enable()
	return n
}
