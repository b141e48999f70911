package kerneltest

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/preempt"
)

// MightResched checks that calls let a task of higher priority run under
// preempt.Voluntary, though they do not block, and not under preempt.None. calls is
// called while a kernel of one CPU runs, once for each model.
func MightResched(t *testing.T, calls func(t *testing.T) map[string]func()) {
	testgc.Off(t) // the collector would let others run
	for _, model := range []preempt.Model{preempt.None, preempt.Voluntary} {
		t.Run(model.String(), func(t *testing.T) {
			k := Boot(t, gpm.Config{CPUs: 1, Preemption: model})
			all := calls(t)
			names := slices.Sorted(maps.Keys(all))
			early, late := make([]bool, len(all)), make([]bool, len(all))
			In(t, k, gpm.Attr{}, func() { // no lock of t's: to wait for it would let others run
				for n, name := range names {
					call := all[name]
					call() // what it allocates once it has now
					var ran atomic.Bool
					if k.Go(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() { ran.Store(true) }) != nil {
						continue
					}
					early[n] = ran.Load()
					call()
					late[n] = ran.Load()
					preempt.CondResched()
				}
			})
			for n, name := range names {
				assert.False(t, early[n], name)
				assert.Equal(t, model == preempt.Voluntary, late[n], name)
			}
		})
	}
}
