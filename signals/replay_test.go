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

// However interrupts are masked, one that comes meanwhile waits for the end of
// the outermost section, and is served there: an inter-processor interrupt for a
// task of higher priority, and a tick for an equal one.
func TestReplay(t *testing.T) {
	// The collector must not stop the one that a section here waits for.
	testgc.Off(t)
	k := torture.Kernel(t, gpm.Config{Slice: time.Millisecond})
	var f, g signals.Flags
	for _, section := range []struct {
		name  string
		begin []func() // the sections, from the outermost
		end   []func() // and their ends, in order: the last unmasks
	}{
		{"IRQDisable", []func(){signals.IRQDisable, signals.IRQDisable}, []func(){signals.IRQEnable}},
		{"IRQSave", []func(){func() { f = signals.IRQSave() }, func() { g = signals.IRQSave() }},
			[]func(){func() { signals.IRQRestore(g) }, func() { signals.IRQRestore(f) }}},
		{"InterruptDisable", []func(){signals.InterruptDisable, signals.InterruptDisable}, []func(){signals.InterruptEnable, signals.InterruptEnable}},
		{"mixed", []func(){signals.InterruptDisable, signals.IRQDisable}, []func(){signals.IRQEnable, signals.InterruptEnable}},
		{"HardIRQDisable", []func(){signals.HardIRQDisable, signals.HardIRQDisable}, []func(){signals.HardIRQEnable, signals.HardIRQEnable}},
	} {
		for _, other := range []struct {
			name string
			attr gpm.Attr
		}{
			{"interrupt", gpm.Attr{Policy: gpm.FIFO, Priority: 9, CPUs: []int{0}}},
			{"tick", gpm.Attr{CPUs: []int{0}}},
		} {
			t.Run(section.name+" "+other.name, func(t *testing.T) {
				var ran atomic.Bool
				masked, spawned := make(chan struct{}, 1), make(chan *gpm.Task, 1)
				go func() {
					<-masked
					task, err := k.Spawn(other.attr, func() { ran.Store(true) })
					assert.NoError(t, err)
					spawned <- task
				}()
				before := k.Stats().Total.Masked
				task, err := k.Spawn(gpm.Attr{CPUs: []int{0}}, func() {
					for _, begin := range section.begin {
						begin()
					}
					masked <- struct{}{} // there is room: it does not block
					for len(spawned) == 0 {
						runtime.KeepAlive(k)
					}
					// Until the interrupt is there: one that is masked hard nobody sees
					// before, and a busy host may hold a tick up for longer.
					hard := section.name == "HardIRQDisable"
					for start := time.Now(); time.Since(start) < 10*time.Millisecond || !hard && k.Stats().Total.Masked == before; {
						runtime.KeepAlive(k)
					}
					switches := k.Stats().CPUs[0].Switches
					for _, end := range section.end {
						assert.False(t, ran.Load(), "a switch with interrupts masked")
						assert.True(t, signals.IRQsDisabled())
						end()
					}
					assert.False(t, signals.IRQsDisabled())
					// On a busy host the equal task may be at the end of its slice
					// before it has said that it runs.
					there := other.name == "tick" && k.Stats().CPUs[0].Switches >= switches+2
					assert.True(t, ran.Load() || there, "no switch when they were unmasked")
				})
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				require.NoError(t, task.Wait(ctx))
				require.NoError(t, (<-spawned).Wait(ctx))
			})
		}
	}
}
