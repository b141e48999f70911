//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/testgc"
)

// Of the tasks that wait for one CPU the highest priority runs first, and equal
// FIFO ones in the order they came.
func TestStrictPriorities(t *testing.T) {
	testgc.Off(t) // it stops a task to look at its stack, and others run
	k := boot(t, Config{CPUs: 1})
	var mu sync.Mutex
	var got []string
	var tasks []*Task
	in(t, k, Attr{Policy: FIFO, Priority: MaxPriority}, func() { // nobody runs before this has ended
		for _, a := range []Attr{
			{Name: "normal"}, {Name: "5a", Policy: FIFO, Priority: 5}, {Name: "98", Policy: RR, Priority: 98},
			{Name: "5b", Policy: FIFO, Priority: 5}, {Name: "1", Policy: RR, Priority: 1},
		} {
			tasks = append(tasks, spawn(t, k, a, func() {
				mu.Lock()
				got = append(got, Current().Name())
				mu.Unlock()
			}))
		}
	})
	wait(t, tasks...)
	require.Equal(t, []string{"98", "5a", "5b", "1", "normal"}, got)
}

// A task of higher priority takes the CPU from one that computes, also by
// SetAttr; a FIFO task keeps it from its equals, RR and Normal ones share it.
func TestPreemption(t *testing.T) {
	testgc.Off(t) // whom it stops comes back behind its equals
	k := boot(t, Config{CPUs: 1, Slice: 200 * time.Microsecond})
	for _, c := range []struct {
		policy   Policy
		priority int
		shares   bool
	}{{FIFO, 3, false}, {RR, 3, true}, {Normal, 0, true}} {
		var stop, other atomic.Bool
		defer stop.Store(true)
		attr := Attr{Policy: c.policy, Priority: c.priority}
		hog := spawn(t, k, attr, func() {
			for !stop.Load() {
				call(1)
			}
		})
		equal := spawn(t, k, attr, func() { other.Store(true) })
		if !c.shares {
			in(t, k, Attr{Policy: FIFO, Priority: 50}, func() { time.Sleep(20 * time.Millisecond) })
			require.False(t, other.Load(), "%v", c.policy)
			require.NoError(t, equal.SetAttr(Attr{Policy: FIFO, Priority: 4}))
		}
		wait(t, equal)
		stop.Store(true)
		wait(t, hog)
	}
}

// A task that loses its CPU to a higher priority goes on with what is left of its
// slice, so that its equals get their turns however often that happens.
func TestSliceOutlivesPreemption(t *testing.T) {
	k := boot(t, Config{CPUs: 1, Slice: 20 * time.Millisecond})
	for _, attr := range []Attr{{}, {Policy: RR, Priority: 1}} {
		var stop atomic.Bool
		defer stop.Store(true)
		var last atomic.Int32
		var turns [3]atomic.Int32
		var hogs []*Task
		for i := range turns {
			hogs = append(hogs, spawn(t, k, attr, func() {
				for !stop.Load() {
					if last.Swap(int32(i)+1) != int32(i)+1 {
						turns[i].Inc()
					}
					call(1)
				}
			}))
		}
		in(t, k, Attr{Policy: FIFO, Priority: 2}, func() {
			for n := 0; n < 2000 && (turns[0].Load() < 3 || turns[1].Load() < 3 || turns[2].Load() < 3); n++ {
				Sleep(time.Millisecond) // a twentieth of a slice
			}
		})
		stop.Store(true)
		wait(t, hogs...)
		for i := range turns {
			require.GreaterOrEqual(t, turns[i].Load(), int32(3), "%v: hog %d", attr.Policy, i)
		}
	}
}

func TestBadAttrAndConfig(t *testing.T) {
	for _, c := range []Config{{CPUs: -1}, {CPUs: 257}, {Pin: []int{100_000}}, {CPUs: 2, Pin: []int{0}}, {Slice: time.Nanosecond}, {Procs: -1}} {
		_, err := Boot(c)
		require.ErrorIs(t, err, ErrConfig, "%+v", c)
	}
	k := boot(t, Config{})
	for _, a := range []Attr{{Priority: 1}, {Policy: FIFO}, {Policy: RR, Priority: 100}, {Policy: 9}, {CPUs: []int{}}, {CPUs: []int{k.cpusLen}}} {
		_, err := k.Spawn(a, func() {})
		require.ErrorIs(t, err, ErrAttr, "%+v", a)
	}
	task := spawn(t, k, Attr{}, func() {})
	wait(t, task)
	for task.State() != Dead {
		time.Sleep(time.Millisecond)
	}
	require.ErrorIs(t, task.SetAttr(Attr{}), ErrShutdown)
}
