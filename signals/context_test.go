package signals_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// Who passes no function learns it at once, and not the kernel's task that is to call it.
func TestNoFunction(t *testing.T) {
	torture.Kernel(t, gpm.Config{CPUs: 1})
	for n, f := range []func(){
		func() { signals.NewHRTimer(nil) },
		func() { signals.NewHRTimerSoft(nil) },
		func() { _, _ = signals.NewHRTimerTask(1, nil) },
		func() { _ = new(signals.HRTimer).Start(0, signals.HRTimerRel) },
		func() { signals.NewTasklet(nil) },
		func() { _ = new(signals.Tasklet).Schedule() },
		func() { signals.NewIRQWork(nil) },
		func() { _, _ = new(signals.IRQWork).Queue() },
		func() { _ = signals.SMPCallFunctionSingle(0, nil, true) },
		func() { _ = signals.SMPCallFunctionMany(nil, nil, false) },
		func() { _ = signals.OnEachCPU(nil, false) },
		func() { _ = signals.StopMachine(nil, nil) },
	} {
		assert.Panics(t, f, "%d", n)
	}
	require.NoError(t, signals.OnEachCPU(func() {}, true), "the kernel goes on")
}

// Where the handler of BUGs goes on, what was refused says so, and nothing was done.
func TestErrContext(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	var bugs atomic.Int32
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(*preempt.Bug) { bugs.Inc() }))
	timer := signals.NewHRTimer(func(*signals.HRTimer) signals.HRTimerRestart { return signals.HRTimerNoRestart })
	require.ErrorIs(t, timer.Start(time.Hour, signals.HRTimerRel|signals.HRTimerPinned), signals.ErrContext)
	assert.False(t, timer.Active())
	assert.EqualValues(t, 1, bugs.Swap(0))

	handler := func(*signals.IRQ, signals.IRQEvent) {}
	line, err := signals.RequestIRQ(signals.IRQSignal(os.Interrupt), handler, signals.IRQOptions{})
	require.NoError(t, err)
	var called atomic.Int32
	var errs []error
	inTask(t, k, 0, func() {
		preempt.Disable()
		_, err := signals.RequestIRQ(signals.IRQSignal(os.Interrupt), handler, signals.IRQOptions{})
		errs = append(errs, err, line.SetAffinity(1), line.Free(),
			signals.StopMachine(func() error { called.Inc(); return nil }, nil),
			signals.SMPCallFunctionSingle(1, func() { called.Inc() }, true))
		preempt.Enable()
	})
	for n, err := range errs {
		assert.ErrorIs(t, err, signals.ErrContext, "%d", n)
	}
	assert.EqualValues(t, len(errs), bugs.Load())
	assert.Zero(t, called.Load())
	assert.Zero(t, line.Affinity())
	require.NoError(t, line.Free(), "it was not freed")
}
