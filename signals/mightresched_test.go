//go:build linux

package signals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// What might sleep lets others run under Voluntary, though it does not sleep, and only
// there.
func TestMightResched(t *testing.T) {
	testgc.Off(t) // the collector would let others run
	for _, model := range []preempt.Model{preempt.None, preempt.Voluntary} {
		t.Run(model.String(), func(t *testing.T) {
			k := torture.Kernel(t, gpm.Config{CPUs: 1, Preemption: model})
			line := request(t, signals.IRQSignal(queued), nil, signals.IRQOptions{Primary: func(*signals.IRQ, signals.IRQEvent) signals.IRQReturn {
				return signals.IRQHandled
			}})
			work, tasklet := signals.NewIRQWork(func(*signals.IRQWork) {}), signals.NewTasklet(func() {})
			all := []struct {
				name string
				fn   func()
			}{
				{"IRQ.Synchronize", line.Synchronize},
				{"IRQ.SetAffinity", func() { _ = line.SetAffinity(0) }},
				{"IRQWork.Sync", work.Sync},
				{"Tasklet.Disable", func() { tasklet.Disable(); tasklet.Enable() }},
				{"Tasklet.Kill", tasklet.Kill},
				{"SMPCallFunctionSingle", func() { _ = signals.SMPCallFunctionSingle(0, func() {}, true) }},
				{"OnEachCPU", func() { _ = signals.OnEachCPU(func() {}, true) }},
			}
			early, late := make([]bool, len(all)), make([]bool, len(all))
			inTask(t, k, 0, func() { // no lock of t's: to wait for it would let others run
				for n, a := range all {
					a.fn() // what it allocates once it has now
					var ran atomic.Bool
					if k.Go(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() { ran.Store(true) }) != nil {
						continue
					}
					early[n] = ran.Load()
					a.fn()
					late[n] = ran.Load()
					preempt.CondResched()
				}
			})
			for n, a := range all {
				assert.False(t, early[n], a.name)
				assert.Equal(t, model == preempt.Voluntary, late[n], a.name)
			}
			assert.NoError(t, line.Free())
		})
	}
}
