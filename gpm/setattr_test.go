//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/preempt"
)

// forAWhile calls f until the test has had its time: two seconds, a fifth of it
// if short.
func forAWhile(f func()) {
	d := 2 * time.Second
	if testing.Short() {
		d /= 5
	}
	for start := time.Now(); time.Since(start) < d; {
		f()
	}
}

// SetAttr moves tasks about while they are woken, preempted and moved already:
// whoever places a task has read its CPUs more than once, and found it allowed
// nowhere.
func TestSetAttrCPUsWhileWoken(t *testing.T) {
	k := boot(t, Config{CPUs: 2, Slice: 50 * time.Microsecond})
	var stop atomic.Bool
	a, b := make(chan bool), make(chan bool)
	tasks := []*Task{
		spawn(t, k, Attr{}, func() {
			for range a {
				b <- true
			}
			close(b)
		}),
		spawn(t, k, Attr{}, func() {
			for !stop.Load() {
				a <- true
				<-b
			}
			close(a)
		}),
		spawn(t, k, Attr{}, func() {
			for !stop.Load() {
				call(1)
			}
		}),
	}
	n := 0
	forAWhile(func() {
		for _, task := range tasks {
			require.NoError(t, task.SetAttr(Attr{CPUs: []int{n & 1}}))
		}
		n++
	})
	stop.Store(true)
	wait(t, tasks...)
}

// What SetAttr sets is acted on, whatever the task is about to do just then: here
// its sleep ends, and it computes from then on. All else was lost with a CPU that
// had read the old attributes and not yet queued the task.
func TestSetAttrIsNotLost(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	r := newRand(t)
	attr := func(priority int) Attr { return Attr{Policy: FIFO, Priority: priority, CPUs: []int{0}} }
	var end atomic.Bool
	var turn, seen atomic.Int32
	other := spawn(t, k, attr(20), func() {
		for !end.Load() {
			call(0)
		}
	})
	task := spawn(t, k, attr(50), func() {
		for !end.Load() {
			n := turn.Load()
			seen.Store(n)
			Sleep(20 * time.Microsecond)
			for n == turn.Load() && !end.Load() {
				call(0)
			}
		}
	})
	n, lost := 0, ""
	in(t, k, Attr{CPUs: []int{1}}, func() {
		defer end.Store(true)
		forAWhile(func() {
			if lost != "" {
				return
			}
			n++
			require.NoError(t, task.SetAttr(attr(50)))
			for turn.Inc(); seen.Load() != turn.Load(); {
				call(0) // where the collector can stop it while it waits for the other
			}
			// Lowered, the task leaves the CPU to the other; raised, it takes it.
			from, to, runs, waits := 50, 10, other, task
			if n&1 == 0 {
				from, to, runs, waits = 10, 50, task, other
			}
			require.NoError(t, task.SetAttr(attr(from)))
			for range r.IntN(3000) {
				call(0)
			}
			require.NoError(t, task.SetAttr(attr(to)))
			for start := time.Now(); runs.State() != Running || waits.State() != Runnable; {
				if time.Since(start) > 30*time.Second {
					lost = fmt.Sprintf("turn %d: %v, of priority %d, is %v, %v %v", n, task, task.Priority(), task.State(), other, other.State())
					return
				}
			}
		})
	})
	wait(t, task, other)
	require.Empty(t, lost)
	t.Logf("%d turns", n)
}

// A FIFO task that waits keeps its place if nothing changes but its name, is the first of
// a lower priority, and the last of a higher one.
func TestSetAttrPlace(t *testing.T) {
	testgc.Off(t)
	k := boot(t, Config{CPUs: 1})
	var got []string // on one CPU, each until it ends
	var tasks []*Task
	in(t, k, Attr{Policy: FIFO, Priority: 99}, func() {
		fifo := func(name string, priority int) Attr { return Attr{Name: name, Policy: FIFO, Priority: priority} }
		byName := map[string]*Task{}
		for name, priority := range []int{20, 20, 20, 10, 10, 30, 10} {
			name := string(rune('a' + name))
			var task *Task
			task, _ = k.Spawn(fifo(name, priority), func() {
				preempt.Disable() // for the race detector
				got = append(got, name)
				preempt.Enable()
			})
			byName[name] = task
			tasks = append(tasks, task)
		}
		for _, attr := range []Attr{fifo("a", 20), fifo("b", 20), fifo("f", 10), fifo("d", 20), fifo("f", 10), fifo("d", 20)} {
			task := byName[attr.Name]
			attr.Name += " changed"
			_ = task.SetAttr(attr)
		}
	})
	wait(t, tasks...)
	require.Equal(t, []string{"a", "b", "c", "d", "f", "e", "g"}, got)
}

// The kernel's own tasks are not changed by who runs in them.
func TestSetAttrOfInterruptTask(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	var internal *Task
	done := make(chan error)
	spawnInternal(&k.cpus[0].irq, rankIRQ, "internal", func() {
		internal = Current()
		err := internal.SetAttr(Attr{Policy: Idle})
		done <- err
	})
	require.ErrorIs(t, <-done, ErrTask)
	require.Equal(t, rankIRQ, internal.Priority())
}
