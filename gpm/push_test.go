//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// A FIFO task that loses its CPU to a higher one goes at once to a CPU that runs a
// lower one, and does not wait until that one picks.
func TestPush(t *testing.T) {
	for _, policy := range []Policy{FIFO, RR} {
		t.Run(policy.String(), func(t *testing.T) {
			k := boot(t, Config{CPUs: 3})
			var stop atomic.Bool
			defer stop.Store(true)
			middle := hog(t, k, Attr{Policy: policy, Priority: 10, CPUs: []int{0}}, &stop)
			low := hog(t, k, Attr{Policy: FIFO, Priority: 5, CPUs: []int{1}}, &stop)
			high := hog(t, k, Attr{Policy: FIFO, Priority: 30, CPUs: []int{2}}, &stop)
			// Behind one that must stay.
			must := hog(t, k, Attr{Policy: FIFO, Priority: 15, CPUs: []int{0}}, &stop)
			highest := hog(t, k, Attr{CPUs: []int{0}}, &stop)
			soon(t, "each has its CPU", func() bool { return must.CPU() == 0 && low.CPU() == 1 && high.CPU() == 2 })
			pushes := func() uint64 { return k.Stats().CPUs[0].Pushes }
			before := pushes()
			// The other CPU may also come by, if Linux stops this one's thread in between.
			for range 50 {
				require.NoError(t, highest.SetAttr(Attr{CPUs: []int{0}}))
				require.NoError(t, must.SetAttr(Attr{CPUs: []int{0}}))
				require.NoError(t, middle.SetAttr(Attr{Policy: policy, Priority: 10, CPUs: []int{0}}))
				soon(t, "it is back", func() bool { return middle.CPU() == 0 && low.CPU() == 1 })
				require.NoError(t, middle.SetAttr(Attr{Policy: policy, Priority: 10}))
				soon(t, "it stays: a lower one runs elsewhere, but it has its CPU", func() bool { return middle.CPU() == 0 })
				require.NoError(t, must.SetAttr(Attr{Policy: FIFO, Priority: 9, CPUs: []int{0}}))
				before = pushes()
				require.NoError(t, highest.SetAttr(Attr{Policy: FIFO, Priority: 20, CPUs: []int{0}}))
				soon(t, "it runs where the lowest rank was", func() bool { return middle.CPU() == 1 })
				require.Equal(t, Runnable, low.State())
				if pushes() > before {
					break
				}
			}
			require.Greater(t, pushes(), before, "nobody pushed: the other CPU came by each time")
			stop.Store(true)
			wait(t, low, middle, high, must, highest)
		})
	}
}

// A task that waits since nothing lower runs anywhere runs when something does.
func TestPullWhenRankFalls(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	var stop atomic.Bool
	defer stop.Store(true)
	other := hog(t, k, Attr{Policy: FIFO, Priority: 11, CPUs: []int{1}}, &stop)
	first := hog(t, k, Attr{Policy: FIFO, Priority: 12, CPUs: []int{0}}, &stop)
	soon(t, "they run", func() bool { return first.CPU() == 0 && other.CPU() == 1 })
	task := hog(t, k, Attr{Policy: FIFO, Priority: 10}, &stop)
	require.Equal(t, Runnable, task.State())
	require.NoError(t, other.SetAttr(Attr{Policy: FIFO, Priority: 9, CPUs: []int{1}}))
	soon(t, "it runs", func() bool { return task.CPU() == 1 })
	stop.Store(true)
	wait(t, other, first, task)
}

// An idle CPU, or one with lower work, takes a task that waits behind one of a
// higher rank that must stay where it is.
func TestPullBehindPinned(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	var stop atomic.Bool
	defer stop.Store(true)
	tasks := []*Task{hog(t, k, Attr{Policy: FIFO, Priority: 30, CPUs: []int{0}}, &stop)}
	soon(t, "it has its CPU", func() bool { return tasks[0].CPU() == 0 })
	tasks = append(tasks, hog(t, k, Attr{Policy: FIFO, Priority: 20, CPUs: []int{0}}, &stop))
	moves := hog(t, k, Attr{Policy: FIFO, Priority: 10, CPUs: []int{0}}, &stop)
	normal := hog(t, k, Attr{CPUs: []int{1}}, &stop)
	soon(t, "they wait", func() bool {
		return moves.State() == Runnable && tasks[1].State() == Runnable && normal.CPU() == 1
	})
	require.NoError(t, moves.SetAttr(Attr{Policy: FIFO, Priority: 10}))
	soon(t, "it runs", func() bool { return moves.CPU() == 1 })
	stop.Store(true)
	wait(t, append(tasks, moves, normal)...)
}

func TestBelow(t *testing.T) {
	var q runqueue
	for _, p := range []int32{0, 1, 63, 64, 65, 99, 100} {
		q.bitmap[p/64] |= 1 << (p % 64)
	}
	var got []int32
	for p := q.top(); p >= 0; p = q.below(p) {
		got = append(got, p)
	}
	require.Equal(t, []int32{100, 99, 65, 64, 63, 1, 0}, got)
}
