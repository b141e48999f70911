//go:build linux && amd64 && go1.25 && !go1.28

package gpm_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
)

// plugger takes CPUs off and puts them back.
type plugger struct {
	k     *gpm.Kernel
	wrong *atomic.String
	cpus  [4]struct {
		sync.Mutex             // held by who plugs it
		off        atomic.Bool // Offline has returned, and Online has not been called
		switches   uint64      // then
	}
	offs, ons, refused atomic.Int64
}

func (p *plugger) step(r *rand.Rand) {
	id := r.IntN(len(p.cpus))
	c := &p.cpus[id]
	c.Lock()
	defer c.Unlock()
	if !c.off.Load() {
		switch err := p.k.Offline(id); {
		case err == nil:
			c.off.Store(true)
			c.switches = p.k.Stats().CPUs[id].Switches
			p.offs.Inc()
		case errors.Is(err, gpm.ErrLastCPU), errors.Is(err, gpm.ErrBandwidth):
			p.refused.Inc()
		default:
			p.wrong.Store(err.Error())
		}
		return
	}
	p.quiet(id)
	c.off.Store(false)
	if err := p.k.Online(id); err != nil {
		p.wrong.Store(err.Error())
	}
	p.ons.Inc()
}

// quiet checks that nothing has run on CPU id, which is off.
func (p *plugger) quiet(id int) {
	if s := p.k.Stats().CPUs[id]; s.Online || s.Switches != p.cpus[id].switches || s.Task != 0 || s.Runnable != 0 {
		p.wrong.Store(fmt.Sprintf("CPU %d is offline: %+v", id, s))
	}
}

// here checks that the calling task's CPU is not off.
func (p *plugger) here() {
	preempt.Disable()
	id := percpu.CPU()
	if p.cpus[id].off.Load() {
		p.wrong.Store(fmt.Sprintf("a task runs on CPU %d, which is offline", id))
	}
	preempt.Enable()
}

// CPUs go off and on at random under tasks of every policy that compute, sleep, block,
// stay, migrate, and are moved, with the collector running. No task runs on a CPU
// that is offline, none is lost, all go on; and Shutdown works whatever is offline.
func TestHammerHotplug(t *testing.T) {
	r := gpm.HammerRand(t)
	own := func() *rand.Rand { return rand.New(rand.NewPCG(r.Uint64(), 0)) }
	k := kerneltest.Boot(t, gpm.Config{CPUs: 4, Slice: 100 * time.Microsecond, Logger: slog.New(slog.DiscardHandler)})
	var stop atomic.Bool
	var wrong atomic.String
	var mu lock.RTMutex
	var holds int
	p := &plugger{k: k, wrong: &wrong}
	var tasks []*gpm.Task
	var done [20]atomic.Int64
	loop := func(i int, attr gpm.Attr, act func()) {
		tasks = append(tasks, kerneltest.Spawn(t, k, attr, func() {
			for !stop.Load() {
				p.here()
				act()
				p.here()
				done[i].Inc()
			}
		}))
	}
	for i := range 10 {
		a := &actor{r: own(), k: k, ask: make(chan int), answer: make(chan int), mu: &mu, holds: &holds, wrong: &wrong}
		go func() {
			for n := range a.ask {
				a.answer <- n + 1
			}
		}()
		defer close(a.ask)
		attr := gpm.Attr{}
		switch {
		case i < 3:
			attr.CPUs = []int{i}
		case i < 5:
			attr.Policy, attr.Priority = gpm.RR, i
		}
		loop(i, attr, func() { acts[a.r.IntN(len(acts)-1)](a) }) // all but SetAttr, which may be refused
	}
	for i := 10; i < 14; i++ { // sleepers
		a := own()
		loop(i, gpm.Attr{Policy: gpm.FIFO, Priority: 20 + i}, func() {
			if d := time.Duration(a.IntN(6000)) * time.Microsecond; a.IntN(2) == 0 {
				gpm.Sleep(d)
			} else {
				time.Sleep(d)
			}
		})
	}
	for i := 14; i < 17; i++ { // they use up their budgets
		loop(i, gpm.Attr{Policy: gpm.Deadline, Runtime: 500 * time.Microsecond, Period: 5 * time.Millisecond}, func() {
			for range 5000 {
				preempt.Count()
			}
		})
	}
	for i := 17; i < 20; i++ { // hogs, that are moved about
		loop(i, gpm.Attr{}, func() {
			for range 1000 {
				preempt.Count()
			}
		})
	}
	hogs := tasks[17:20:20]
	var others sync.WaitGroup
	meddle, plug := own(), own()
	others.Go(func() {
		for !stop.Load() {
			err := hogs[meddle.IntN(3)].SetAttr(randomAttr(meddle, 4))
			ended := stop.Load() && errors.Is(err, gpm.ErrShutdown)
			if err != nil && !ended && !errors.Is(err, gpm.ErrAttr) {
				wrong.Store(err.Error())
			}
			time.Sleep(time.Duration(meddle.IntN(300)) * time.Microsecond)
			if meddle.IntN(20) == 0 {
				runtime.GC()
			}
		}
	})
	others.Go(func() {
		for !stop.Load() {
			p.step(plug)
			time.Sleep(time.Duration(plug.IntN(2000)) * time.Microsecond)
		}
	})
	taskPlug := own()
	tasks = append(tasks, kerneltest.Spawn(t, k, gpm.Attr{Policy: gpm.FIFO, Priority: 99}, func() {
		for !stop.Load() {
			p.step(taskPlug)
			gpm.Sleep(time.Duration(taskPlug.IntN(2000)) * time.Microsecond)
		}
	}))
	went := func() bool {
		for i := range done {
			if done[i].Load() == 0 {
				return false
			}
		}
		return p.offs.Load() > 3
	}
	end := time.Now().Add(gpm.HammerTime(0.2))
	for last := end.Add(time.Minute); wrong.Load() == "" && (time.Now().Before(end) || !went() && time.Now().Before(last)); {
		time.Sleep(10 * time.Millisecond)
	}
	stop.Store(true)
	others.Wait()
	kerneltest.Wait(t, tasks...)
	for id := range p.cpus {
		if p.cpus[id].off.Load() {
			p.quiet(id)
		}
	}
	require.Empty(t, wrong.Load())
	for i := range done {
		require.Positive(t, done[i].Load(), "task %d", i)
	}
	t.Logf("%d off, %d on, %d refused; at the end %v online; %+v", p.offs.Load(), p.ons.Load(), p.refused.Load(), k.OnlineCPUs(), k.Stats().Total)
}
