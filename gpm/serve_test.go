//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// With ordinary goroutines that compute on every P that is not a CPU's, and
// tasks that compute on every CPU, nobody else looks after what is on the CPUs'
// Ps: timers of tasks that sleep, and ordinary goroutines that tasks have woken.
func TestBusyEverywhere(t *testing.T) {
	k := boot(t, Config{Procs: 1})
	var stop atomic.Bool
	defer stop.Store(true)
	for range 4 {
		go func() {
			for !stop.Load() {
				call(1)
			}
		}()
	}
	var tasks []*Task
	for i := range k.cpusLen {
		tasks = append(tasks, spawn(t, k, Attr{CPUs: []int{i}}, func() {
			for !stop.Load() {
				call(1)
			}
		}))
	}
	slept, answered := make(chan bool), make(chan bool)
	tasks = append(tasks, spawn(t, k, Attr{Policy: FIFO, Priority: 1}, func() {
		for range 20 {
			time.Sleep(time.Millisecond)
		}
		close(slept)
	}))
	ask := make(chan int)
	go func() {
		for range ask {
		}
		close(answered)
	}()
	tasks = append(tasks, spawn(t, k, Attr{Policy: FIFO, Priority: 2}, func() {
		for i := range 5 {
			ask <- i
			runtime.Gosched()
		}
		close(ask)
	}))
	for what, c := range map[string]chan bool{"a task sleeps": slept, "an ordinary goroutine answers tasks": answered} {
		select {
		case <-c:
		case <-time.After(20 * time.Second):
			require.Fail(t, "starved", what)
		}
	}
	require.Positive(t, k.Stats().Total.Handovers, "nobody else would have run it")
	stop.Store(true)
	wait(t, tasks...)
}
