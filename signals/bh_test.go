package signals_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

func TestBH(t *testing.T) {
	bugs := 0
	defer preempt.SetBugHandler(preempt.SetBugHandler(func(*preempt.Bug) { bugs++ }))
	k := torture.Kernel(t, gpm.Config{CPUs: 1, Slice: time.Second})
	inTask(t, k, 0, func() {
		signals.BHEnable()
		assert.Equal(t, 1, bugs, "BHEnable without BHDisable")
		assert.Zero(t, preempt.Count())

		signals.BHDisable()
		assert.EqualValues(t, preempt.SoftIRQDisableOffset, preempt.Count())
		assert.True(t, preempt.InSoftIRQ())
		assert.False(t, preempt.InServingSoftIRQ())
		assert.True(t, preempt.InTask())
		signals.BHDisable()
		high, err := k.Spawn(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() {})
		assert.NoError(t, err)
		signals.BHEnable()
		assert.Equal(t, gpm.Runnable, high.State(), "the outer section goes on")
		preempt.Disable()
		signals.BHEnable()
		assert.EqualValues(t, 1, preempt.Count())
		assert.Equal(t, gpm.Runnable, high.State())
		preempt.Enable()
		assert.Equal(t, gpm.Dead, high.State())

		signals.BHDisable()
		high, err = k.Spawn(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() {})
		assert.NoError(t, err)
		signals.BHEnable()
		assert.Equal(t, gpm.Dead, high.State(), "the end of the outermost reschedules")
	})
	assert.Equal(t, 1, bugs)

	signals.BHDisable()
	assert.Equal(t, 2, bugs, "outside a task")
	assert.Zero(t, preempt.Count())
}
