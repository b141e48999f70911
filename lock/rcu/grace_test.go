package rcu_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/lock/rcu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// spin spins until stop is set. Calls let it be preempted in any build. Where it
// must not be, it keeps the world from stopping, and if somebody wants that so does
// it whoever sets stop: see testgc.
func spin(stop *atomic.Bool) {
	for start := time.Now(); !stop.Load() && time.Since(start) < long/2; {
		for range 1000 {
			pause()
		}
	}
}

//go:noinline
func pause() {
	var a [64]int
	for i := range a {
		a[i]++
	}
}

// sections are the kinds of read-side sections of RCU.
var sections = map[string]struct{ enter, leave func() }{
	"ReadLock":          {rcu.ReadLock, rcu.ReadUnlock},
	"preemption off":    {preempt.Disable, preempt.Enable},
	"interrupts off":    {signals.IRQDisable, signals.IRQEnable},
	"interrupts masked": {signals.HardIRQDisable, signals.HardIRQEnable},
	"chain": {
		func() { preempt.Disable(); rcu.ReadLock(); preempt.Enable(); signals.IRQDisable(); rcu.ReadUnlock() },
		signals.IRQEnable,
	},
	"nested": {func() { rcu.ReadLock(); rcu.ReadLock(); rcu.ReadUnlock() }, rcu.ReadUnlock},
}

var synchronizes = map[string]func(){
	"Synchronize":          rcu.Synchronize,
	"SynchronizeExpedited": rcu.SynchronizeExpedited,
	"Call":                 func() { done := make(chan struct{}); rcu.Call(func() { close(done) }); <-done },
	"Barrier":              func() { rcu.Call(func() {}); rcu.Barrier() },
	"Poll": func() {
		for c := rcu.StartPoll(); !rcu.Poll(c); {
			time.Sleep(time.Millisecond)
		}
	},
	"SynchronizeCookie": func() { rcu.SynchronizeCookie(rcu.StartPoll()) },
}

// A running reader holds up every kind of wait, and its end lets it go.
func TestWaitsForRunningReaders(t *testing.T) {
	testgc.Off(t)
	k := boot(t, gpm.Config{Watchdog: -1})
	for section, s := range sections {
		for name, synchronize := range synchronizes {
			t.Run(section+"/"+name, func(t *testing.T) {
				var stop atomic.Bool
				in := make(chan struct{}, 1)
				reader := spawn(t, k, gpm.Attr{}, func() {
					s.enter()
					in <- struct{}{}
					spin(&stop)
					s.leave()
				})
				<-in
				done := after(synchronize)
				assert.False(t, over(done, short), "it did not wait")
				stop.Store(true)
				require.True(t, over(done, long), "it waits for ever")
				wait(t, reader)
			})
		}
	}
}

// A reader that is preempted, and not run for long, holds it up too.
func TestWaitsForPreemptedReaders(t *testing.T) {
	k := boot(t, gpm.Config{CPUs: 1, Watchdog: -1})
	for name, synchronize := range synchronizes {
		t.Run(name, func(t *testing.T) {
			var stopReader, stopOther atomic.Bool
			in, left := make(chan struct{}), make(chan struct{})
			reader := spawn(t, k, gpm.Attr{}, func() {
				rcu.ReadLock()
				close(in)
				spin(&stopReader)
				rcu.ReadUnlock()
				close(left)
			})
			<-in
			running := make(chan struct{})
			other := spawn(t, k, gpm.Attr{Policy: gpm.FIFO, Priority: 9}, func() {
				close(running)
				spin(&stopOther)
			})
			<-running
			stopReader.Store(true)
			done := after(synchronize)
			assert.False(t, over(done, short), "it did not wait")
			select {
			case <-left:
				t.Error("the reader was not preempted")
			default:
			}
			stopOther.Store(true)
			require.True(t, over(done, long), "it waits for ever")
			wait(t, reader, other)
		})
	}
}

// One that blocks does as well.
func TestWaitsForBlockedReaders(t *testing.T) {
	k := boot(t, gpm.Config{})
	for name, synchronize := range synchronizes {
		t.Run(name, func(t *testing.T) {
			in, out := make(chan struct{}), make(chan struct{})
			reader := spawn(t, k, gpm.Attr{}, func() {
				rcu.ReadLock()
				close(in)
				<-out
				rcu.ReadUnlock()
			})
			<-in
			done := after(synchronize)
			assert.False(t, over(done, short), "it did not wait")
			close(out)
			require.True(t, over(done, long), "it waits for ever")
			wait(t, reader)
		})
	}
}

// A reader that was switched out, and ends its section when it has preemption off,
// is in a section all the same. Its CPU has been quiescent in between.
func TestWaitsForSectionsHandedOver(t *testing.T) {
	testgc.Off(t)
	k := boot(t, gpm.Config{Watchdog: -1})
	for section, s := range sections {
		if section == "ReadLock" || section == "nested" {
			continue
		}
		if section == "preemption off" {
			s.leave = preempt.EnableNoResched
		}
		t.Run(section, func(t *testing.T) {
			var begun, stop, end atomic.Bool
			in, out := make(chan struct{}), make(chan struct{}, 1)
			reader := spawn(t, k, gpm.Attr{}, func() {
				rcu.ReadLock()
				close(in)
				for !begun.Load() {
					time.Sleep(time.Millisecond)
				}
				s.enter()
				rcu.ReadUnlock()
				out <- struct{}{}
				spin(&stop)
				s.leave()
				spin(&end)
			})
			<-in
			done := after(rcu.Synchronize)
			assert.False(t, over(done, short), "it did not wait")
			begun.Store(true)
			<-out
			assert.False(t, over(done, short), "it did not wait for the second section")
			stop.Store(true)
			require.True(t, over(done, long/3), "it waits for ever")
			end.Store(true)
			wait(t, reader)
		})
	}
}
