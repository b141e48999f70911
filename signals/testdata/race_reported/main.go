// Callbacks of different CPUs change a variable without a lock, or callbacks and a
// task without masking interrupts: the race detector must report it. The argument
// says which.
package main

import (
	"context"
	"os"
	"runtime"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/signals"
)

var number, softs int

func main() {
	k, err := gpm.Boot(gpm.Config{CPUs: 2})
	if err != nil {
		panic(err)
	}
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var left atomic.Int32
	count := func(x *signals.HRTimer) signals.HRTimerRestart {
		number++
		if left.Dec() <= 0 {
			return signals.HRTimerNoRestart
		}
		x.ForwardNow(100 * time.Microsecond)
		return signals.HRTimerRestarts
	}
	left.Store(200)
	switch os.Args[1] {
	case "callbacks":
		check(signals.NewHRTimer(count).StartOn(0, 0, signals.HRTimerRel))
		check(signals.NewHRTimer(count).StartOn(1, 0, signals.HRTimerRel))
	case "task":
		_, err := k.Spawn(gpm.Attr{CPUs: []int{0}}, func() {
			check(signals.NewHRTimer(count).Start(0, signals.HRTimerRel))
			for left.Load() > 0 {
				number++ // without IRQDisable
				runtime.Gosched()
			}
		})
		check(err)
	case "softirqs":
		check(signals.OpenSoftIRQ(signals.UserSoftIRQ, func() { softs++ }))
		for i := range 2 {
			_, err := k.Spawn(gpm.Attr{CPUs: []int{i}}, func() {
				for range 200 {
					signals.BHDisable()
					signals.RaiseSoftIRQ(signals.UserSoftIRQ)
					signals.BHEnable()
				}
			})
			check(err)
		}
	}
	for left.Load() > 0 && os.Args[1] != "softirqs" {
		time.Sleep(time.Millisecond)
	}
	check(k.Shutdown(context.Background()))
	println("done")
}
