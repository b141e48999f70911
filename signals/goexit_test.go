//go:build linux

package signals_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/signals"
)

// A callback that ends the task it runs in stops the program, with a message.
func TestGoexit(t *testing.T) {
	exit := func(*signals.HRTimer) signals.HRTimerRestart { runtime.Goexit(); return signals.HRTimerNoRestart }
	thread, err := signals.NewHRTimerTask(1, exit)
	assert.NoError(t, err)
	start := func(x *signals.HRTimer) func(*gpm.Kernel) {
		return func(*gpm.Kernel) { _ = x.StartOn(0, time.Microsecond, signals.HRTimerRel) }
	}
	for name, fn := range map[string]func(*gpm.Kernel){
		"hard":    start(signals.NewHRTimer(exit)),
		"soft":    start(signals.NewHRTimerSoft(exit)),
		"task":    start(thread),
		"tasklet": func(*gpm.Kernel) { _ = signals.NewTasklet(runtime.Goexit).Schedule() },
		"work": func(*gpm.Kernel) {
			_, _ = signals.NewIRQWork(func(*signals.IRQWork) { runtime.Goexit() }).Queue()
		},
		"irq": func(*gpm.Kernel) {
			request(t, signals.IRQSignal(queued), func(*signals.IRQ, signals.IRQEvent) { runtime.Goexit() }, signals.IRQOptions{})
			kill(t, queued)
		},
		"call": func(*gpm.Kernel) { _ = signals.OnEachCPU(runtime.Goexit, false) },
		"stop": func(*gpm.Kernel) {
			go func() { _ = signals.StopMachine(func() error { runtime.Goexit(); return nil }, nil) }()
		},
		"in_a_task": func(k *gpm.Kernel) {
			_ = k.Go(gpm.Attr{}, func() {
				signals.BHDisable()
				_ = signals.NewTasklet(runtime.Goexit).Schedule()
				signals.BHEnable()
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Contains(t, kerneltest.Crash(t, fn), "panic: gokern: BUG: a callback called runtime.Goexit")
		})
	}
}
