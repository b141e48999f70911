//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/testgc"
)

// computing spawns tasks that compute until the test ends, and returns what ends
// them now.
func computing(t *testing.T, k *Kernel, all ...Attr) (tasks []*Task, end func()) {
	var stop atomic.Bool
	t.Cleanup(func() { stop.Store(true) }) // before the kernel's, which waits for them
	for _, attr := range all {
		tasks = append(tasks, spawn(t, k, attr, func() { compute(&stop) }))
	}
	return tasks, func() {
		stop.Store(true)
		wait(t, tasks...)
	}
}

// A Deadline task that wants everything gets its Runtime in each Period, and the
// rest of the CPU goes to others, whatever their priority was.
func TestDeadlineBandwidth(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	watch := watchHost()
	tasks, end := computing(t, k, Attr{Policy: Deadline, Runtime: 2 * time.Millisecond, Period: 10 * time.Millisecond},
		Attr{Policy: Deadline, Runtime: time.Millisecond, Deadline: 2 * time.Millisecond, Period: 4 * time.Millisecond}, Attr{})
	time.Sleep(time.Second)
	end()
	host := watch.took()
	var got [3]float64
	sum := 0.0
	for i, task := range tasks {
		got[i] = float64(task.Cycles())
		sum += got[i]
	}
	t.Logf("%.3f %.3f %.3f", got[0]/sum, got[1]/sum, got[2]/sum)
	t.Logf("the host took %.3f", host)
	// What the host takes from a task is taken from its budget, for periods to come.
	assert.InDelta(t, 0.2, got[0]/sum, 0.05+5*host)
	assert.InDelta(t, 0.25, got[1]/sum, 0.06+4*host)
	least := uint64(10)
	if host > 0.02 {
		least = 0 // one turn may have cost it all
	}
	assert.Greater(t, tasks[0].Overruns(), least)
	assert.Zero(t, tasks[2].Overruns())
	assert.GreaterOrEqual(t, k.Stats().Total.Throttles, tasks[0].Overruns()+tasks[1].Overruns())
}

// Of Deadline tasks that wait the one whose deadline is first runs first, and all
// of them before the highest priority.
func TestDeadlineOrder(t *testing.T) {
	testgc.Off(t)
	k := boot(t, Config{CPUs: 1})
	var mu sync.Mutex
	var got []string
	var tasks []*Task
	note := func() {
		mu.Lock()
		got = append(got, Current().Name())
		mu.Unlock()
	}
	deadline := func(name string, period time.Duration) Attr {
		return Attr{Name: name, Policy: Deadline, Runtime: period / 6, Period: period}
	}
	in(t, k, deadline("first", 900*time.Millisecond), func() {
		for _, attr := range []Attr{{Name: "fifo", Policy: FIFO, Priority: 99}, deadline("late", 3*time.Second), deadline("early", time.Second), deadline("middle", 2*time.Second)} {
			tasks = append(tasks, spawn(t, k, attr, note))
		}
	})
	wait(t, tasks...)
	require.Equal(t, []string{"early", "middle", "late", "fifo"}, got)
}

// No more is promised than there is, and what has been given back is there again.
func TestDeadlineAdmission(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	half := Attr{Policy: Deadline, Runtime: time.Millisecond, Period: 2 * time.Millisecond}
	for range 3 {
		release := make(chan struct{})
		var tasks []*Task
		for range 3 {
			tasks = append(tasks, spawn(t, k, half, func() { <-release }))
		}
		_, err := k.Spawn(half, func() {})
		require.ErrorIs(t, err, ErrBandwidth)
		require.ErrorIs(t, k.Go(half, func() {}), ErrBandwidth)
		require.ErrorIs(t, k.Do(half, func() {}), ErrBandwidth)
		normal := spawn(t, k, Attr{}, func() { <-release })
		require.ErrorIs(t, normal.SetAttr(half), ErrBandwidth)
		require.Equal(t, Normal, normal.Attr().Policy)
		require.NoError(t, tasks[0].SetAttr(Attr{}))
		require.NoError(t, until(func() bool { return normal.SetAttr(half) == nil }), "it is free soon")
		require.NoError(t, normal.SetAttr(half), "it has that already")
		close(release)
		wait(t, append(tasks, normal)...)
		require.NoError(t, until(func() bool { return onlyOf(k) == 0 }))
	}
}

// onlyOf returns what is promised now. To ask for too much has it look.
//
//go:norace
func onlyOf(k *Kernel) int64 {
	onG0(reserveOnG0, newAttrArgs(k, nil, &attrs{bandwidth: 1 << 40}))
	return k.promised
}

func TestDeadlineBadAttr(t *testing.T) {
	for _, a := range []Attr{
		{}, {Runtime: time.Millisecond}, {Runtime: time.Millisecond, Period: time.Microsecond}, {Runtime: time.Millisecond, Deadline: 3, Period: 2},
		{Runtime: time.Microsecond, Period: time.Second}, {Runtime: time.Second, Period: time.Minute},
		{Runtime: time.Millisecond, Period: time.Second, Priority: 1}, {Runtime: time.Millisecond, Period: time.Second, CPUs: []int{0}},
		{Runtime: time.Millisecond, Period: time.Second, Inherit: true}, {Runtime: time.Millisecond, Period: time.Second, Nice: 1},
		{Runtime: time.Millisecond, Period: time.Second, Slice: time.Millisecond}, {Runtime: -1, Period: time.Second},
	} {
		a.Policy = Deadline
		require.ErrorIs(t, a.check(1), ErrAttr, "%+v", a)
	}
	for _, a := range []Attr{{Runtime: 1}, {Deadline: 1}, {Policy: RR, Priority: 1, Period: 1}, {Nice: 20}, {Nice: -21}, {Policy: Idle, Nice: 1},
		{Policy: FIFO, Priority: 1, Nice: 1}, {Slice: 1}, {Slice: time.Minute}, {Policy: RR, Priority: 1, Slice: time.Millisecond}, {Policy: Batch, Priority: 1}} {
		require.ErrorIs(t, a.check(1), ErrAttr, "%+v", a)
	}
}

// So it is whatever was asked for before.
func TestDeadlineBadAttrAfterOneAlike(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	wait(t, spawn(t, k, Attr{Name: "a"}, func() {}))
	for _, a := range []Attr{{Runtime: time.Millisecond}, {Deadline: time.Second}, {Period: time.Second}, {Runtime: time.Millisecond, Period: time.Second}} {
		a.Name = "a"
		_, err := k.Spawn(a, func() {})
		assert.ErrorIs(t, err, ErrAttr, "%+v", a)
	}
}

// A throttled task whose policy is changed runs at once by the new one.
func TestDeadlineSetAttrWhileThrottled(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	for range 20 {
		tasks, end := computing(t, k, Attr{Policy: Deadline, Runtime: 100 * time.Microsecond, Period: 3 * time.Second})
		require.NoError(t, until(func() bool { return tasks[0].Overruns() > 0 }))
		require.NoError(t, tasks[0].SetAttr(Attr{}))
		require.NoError(t, until(func() bool { return tasks[0].State() == Running }))
		end()
	}
}

// Sleepers with deadlines, more of them than CPUs, beside hogs of every policy: each
// wakes and is served; none is lost.
func TestDeadlineSleepers(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	_, end := computing(t, k, Attr{}, Attr{}, Attr{Policy: FIFO, Priority: 5}, Attr{Policy: RR, Priority: 5}, Attr{Policy: Idle})
	rounds := 300
	if testing.Short() {
		rounds = 60
	}
	var tasks []*Task
	var ran atomic.Int64
	for i := range 8 {
		period := time.Duration(i+2) * time.Millisecond
		tasks = append(tasks, spawn(t, k, Attr{Policy: Deadline, Runtime: period / 10, Period: period}, func() {
			for range rounds {
				Sleep(period / 2)
				for start := time.Now(); time.Since(start) < period/15; {
					call(1)
				}
				ran.Inc()
			}
		}))
	}
	wait(t, tasks...)
	end()
	require.Equal(t, int64(8*rounds), ran.Load())
}

// Normal tasks run now and then though FIFO tasks compute without end, unless
// they are not to.
func TestFairServer(t *testing.T) {
	for _, off := range []bool{false, true} {
		t.Run(map[bool]string{false: "on", true: "off"}[off], func(t *testing.T) {
			config := Config{CPUs: 1}
			if off {
				config.FairServer, config.Watchdog = -1, -1
			}
			k := boot(t, config)
			watch := watchHost()
			tasks, end := computing(t, k, Attr{Policy: FIFO, Priority: 99}, Attr{}, Attr{Nice: 5})
			time.Sleep(map[bool]time.Duration{false: 2050 * time.Millisecond, true: 1100 * time.Millisecond}[off])
			end()
			host := watch.took()
			part := float64(tasks[1].Cycles()+tasks[2].Cycles()) / float64(tasks[0].Cycles()+tasks[1].Cycles()+tasks[2].Cycles())
			t.Logf("Normal tasks got %.3f", part)
			if off {
				assert.Less(t, part, 0.01)
			} else {
				assert.InDelta(t, 0.05, part, 0.025+host)
				assert.NotZero(t, part)
				assert.NotZero(t, tasks[2].Cycles(), "they share it")
			}
		})
	}
}
