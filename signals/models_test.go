package signals_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// Interrupts come in every preemption model. Under those that do not preempt the same
// task goes on after them, whoever waits.
func TestInterruptsInAllModels(t *testing.T) {
	testgc.Off(t) // the collector would let others run
	for _, model := range []preempt.Model{preempt.Full, preempt.Lazy, preempt.Voluntary, preempt.None} {
		t.Run(model.String(), func(t *testing.T) {
			k := torture.Kernel(t, gpm.Config{CPUs: 1, Preemption: model})
			inTask(t, k, 0, func() {
				for _, masked := range []bool{false, true} {
					var fired, high atomic.Bool
					timer := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart {
						assert.NoError(t, k.Go(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() { high.Store(true) }))
						fired.Store(true)
						return signals.HRTimerNoRestart
					})
					if masked {
						signals.IRQDisable() // before the start: the host may take the thread after it
					}
					before := k.Stats().Total.Timers
					expiry := signals.Now() + time.Millisecond
					assert.NoError(t, timer.Start(expiry, signals.HRTimerAbs|signals.HRTimerPinned))
					if masked {
						// The signal may be later than the time, and one of before sooner.
						came := spinUntil(func() bool { return k.Stats().Total.Timers != before && signals.Now() > expiry })
						early := fired.Load()
						signals.IRQEnable()
						late := fired.Load()
						assert.True(t, came, "no signal of the timer")
						assert.False(t, early, "an interrupt while they are masked")
						assert.True(t, late, "no interrupt when they are unmasked")
					}
					for start := time.Now(); !fired.Load() && time.Since(start) < 20*time.Second; {
						runtime.KeepAlive(k)
					}
					assert.True(t, fired.Load())
					for start := time.Now(); time.Since(start) < time.Millisecond; {
						runtime.KeepAlive(k)
					}
					assert.Equal(t, model < preempt.Voluntary, high.Load(), "who was woken by it")
					preempt.CondResched()
					preempt.MightResched()
					runtime.Gosched()
					assert.True(t, high.Load())
				}
			})
		})
	}
}
