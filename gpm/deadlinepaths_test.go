//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/preempt"
)

// A Deadline task that yields on the only CPU stays in order with those that wait.
func TestDeadlineYields(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	attr := Attr{Policy: Deadline, Runtime: 4 * time.Millisecond, Period: 10 * time.Millisecond}
	there, back := make(chan int), make(chan int)
	rounds := 500
	one := spawn(t, k, attr, func() {
		for i := range rounds {
			there <- i
			runtime.Gosched()
			<-back
			runtime.Gosched()
		}
	})
	two := spawn(t, k, attr, func() {
		for range rounds {
			i := <-there
			runtime.Gosched()
			back <- i
		}
	})
	wait(t, one, two)
}

// What a task has run as something else is not taken from its budget as a Deadline
// task.
func TestDeadlineAfterNormal(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	deadline := Attr{Policy: Deadline, Runtime: 10 * time.Millisecond, Period: 100 * time.Millisecond}
	in(t, k, Attr{}, func() {
		me := Current()
		for range 2 {
			for start := time.Now(); time.Since(start) < 200*time.Millisecond; {
				call(1)
			}
			runtime.Gosched() // the turn ends
			had, overruns := me.Cycles(), me.Overruns()
			assert.NoError(t, me.SetAttr(deadline))
			start := time.Now()
			runtime.Gosched()
			assert.Less(t, time.Since(start), time.Second)
			assert.NoError(t, me.SetAttr(Attr{}))
			runtime.Gosched()
			if k.duration(me.Cycles()-had) < deadline.Runtime { // else the host had others run
				assert.Equal(t, overruns, me.Overruns())
			}
		}
	})
}

// Normal tasks run now and then also where a FIFO task leaves its CPU only when it is
// asked to, and where it asks itself.
func TestFairServerInAllModels(t *testing.T) {
	models := []preempt.Model{preempt.None, preempt.Voluntary, preempt.Lazy}
	if testing.Short() {
		models = models[:1]
	}
	for _, model := range models {
		t.Run(model.String(), func(t *testing.T) {
			k := boot(t, Config{CPUs: 1, Preemption: model})
			var stop atomic.Bool
			defer stop.Store(true)
			fifo := spawn(t, k, Attr{Policy: FIFO, Priority: 99}, func() {
				for !stop.Load() {
					call(1)
					preempt.CondResched()
				}
			})
			normal := spawn(t, k, Attr{}, func() {})
			wait(t, normal)
			stop.Store(true)
			wait(t, fifo)
		})
	}
}

// A group without quota left does not keep the others from what the fair server
// gives.
func TestFairServerPassesSpentGroup(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	k := boot(t, Config{CPUs: 1})
	g := newGroup(t, k, nil, GroupAttr{Quota: minQuota, Period: time.Second})
	tasks, end := computing(t, k, Attr{Policy: FIFO, Priority: 99}, Attr{Group: g}, Attr{Group: g}, Attr{})
	require.NoError(t, until(func() bool { return tasks[3].Runtime() > 60*time.Millisecond }))
	t.Logf("%v and %v, %v without a group, %v", tasks[1].Runtime(), tasks[2].Runtime(), tasks[3].Runtime(), tasks[0].Runtime())
	assert.Less(t, tasks[0].Runtime(), 5*time.Second)
	end()
}

// Yields between a task of a group and one of none leave nobody counted twice.
func TestGroupYields(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	g := newGroup(t, k, nil, GroupAttr{})
	yields := func() {
		for range 50_000 {
			runtime.Gosched()
		}
	}
	wait(t, spawn(t, k, Attr{}, yields), spawn(t, k, Attr{Group: g}, yields))
	assert.Zero(t, g.on[0], "nobody waits")
	assert.NoError(t, until(func() bool { return loadOf(g) == 0 }))
}
