package signals_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/signals"
)

// An interrupt that comes while interrupts are masked softly, and hard when that
// ends, is served when the hard mask ends.
func TestMaskedInBothWays(t *testing.T) {
	// The collector must not stop the one that the section here waits for.
	testgc.Off(t)
	k := torture.Kernel(t, gpm.Config{})
	var ran atomic.Bool
	masked, spawned := make(chan struct{}, 1), make(chan *gpm.Task, 1)
	go func() {
		<-masked
		high, err := k.Spawn(gpm.Attr{Policy: gpm.FIFO, Priority: 9, CPUs: []int{0}}, func() { ran.Store(true) })
		assert.NoError(t, err)
		spawned <- high
	}()
	task, err := k.Spawn(gpm.Attr{CPUs: []int{0}}, func() {
		signals.InterruptDisable()
		masked <- struct{}{} // there is room: it does not block
		for len(spawned) == 0 {
			runtime.KeepAlive(k) // spin
		}
		for start := time.Now(); time.Since(start) < 10*time.Millisecond; {
			// until the interrupt is there
		}
		signals.HardIRQDisable()
		signals.InterruptEnable()
		early := ran.Load()
		signals.HardIRQEnable()
		late := ran.Load()
		assert.False(t, early, "a switch with interrupts masked")
		assert.True(t, late, "no switch when they were unmasked")
	})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, task.Wait(ctx))
}
