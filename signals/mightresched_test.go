//go:build linux

package signals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/signals"
)

// What might sleep lets others run under Voluntary, though it does not sleep, and only
// there.
func TestMightResched(t *testing.T) {
	kerneltest.MightResched(t, func(t *testing.T) map[string]func() {
		line := request(t, signals.IRQSignal(queued), nil, signals.IRQOptions{Primary: func(*signals.IRQ, signals.IRQEvent) signals.IRQReturn {
			return signals.IRQHandled
		}})
		t.Cleanup(func() { assert.NoError(t, line.Free()) })
		work, tasklet := signals.NewIRQWork(func(*signals.IRQWork) {}), signals.NewTasklet(func() {})
		return map[string]func(){
			"IRQ.Synchronize":       line.Synchronize,
			"IRQ.SetAffinity":       func() { _ = line.SetAffinity(0) },
			"IRQWork.Sync":          work.Sync,
			"Tasklet.Disable":       func() { tasklet.Disable(); tasklet.Enable() },
			"Tasklet.Kill":          tasklet.Kill,
			"SMPCallFunctionSingle": func() { _ = signals.SMPCallFunctionSingle(0, func() {}, true) },
			"OnEachCPU":             func() { _ = signals.OnEachCPU(func() {}, true) },
		}
	})
}
