//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/preempt"
)

// Whatever a Deadline task does, in any stretch of time from when it wakes it gets no
// more than its bandwidth, two Runtimes at once, and what nobody could stop it from, which
// it pays later. Time is of the test's own making.
func TestBudgetIsBandwidth(t *testing.T) {
	r := newRand(t)
	const ms = int64(time.Millisecond)
	for round := range 1000 {
		a := &attrs{runtime: 5 * ms, deadline: 10 * ms, period: 100 * ms}
		if round > 0 {
			a.period = 10 + r.Int64N(100*ms)
			a.deadline = a.period
			if r.IntN(3) > 0 {
				a.deadline = 10 + r.Int64N(a.period-9)
			}
			a.runtime = 10 + r.Int64N(a.deadline-9)
		}
		d, now := &deadlineTask{}, 1+r.Int64N(1e15)
		type since struct{ at, had int64 }
		var all []since
		ran, over := int64(0), int64(0)
		for range 200 {
			all = append(all, since{now, ran})
			d.comes(a, now)
			for r.IntN(4) == 0 { // SetAttr and Offline put it elsewhere
				if r.IntN(2) == 0 {
					now += r.Int64N(a.period)
				}
				if d.left <= 0 && now >= d.next {
					d.renew(a, now)
				}
				d.comes(a, now)
			}
			if d.left <= 0 {
				now = max(now, d.next) // throttled
				d.renew(a, now)
			}
			if d.left <= 0 {
				require.Positive(t, d.left)
			}
			run := d.left
			switch {
			case round == 0:
				run = min(run, 49*a.runtime/50)
			case r.IntN(2) == 0:
				run = 1 + r.Int64N(run)
			case r.IntN(10) == 0:
				run += r.Int64N(3 * a.runtime) // nobody could stop it
			}
			now += run
			ran += run
			d.left -= run
			over = max(over, -d.left)
			if r.IntN(8) == 0 { // the longest stretches say most
				n := len(all)/2 + r.IntN(len(all)-len(all)/2)
				all = append(all[:min(20, len(all))], all[n:]...)
			}
			for _, s := range all {
				most := float64(now-s.at)*float64(a.runtime)/float64(a.period) + float64(2*a.runtime+over-min(0, d.left)+1)
				if float64(ran-s.had) <= most {
					continue // an assertion takes long
				}
				require.LessOrEqual(t, float64(ran-s.had), most, "in %d ns, of %d in %d, %d", now-s.at, a.runtime, a.deadline, a.period)
			}
			if d.left > 0 {
				switch sleep := d.at + ms/10 - now; {
				case round == 0:
					now += max(0, sleep)
				case r.IntN(2) == 0:
					now += max(0, d.at-now) + r.Int64N(max(1, d.next-d.at))
				default:
					now += r.Int64N(2 * a.period)
				}
			} else if r.IntN(2) == 0 {
				now += r.Int64N(2 * a.period) // it has blocked with that
			}
		}
	}
}

// A task that wakes, is changed, or has to leave its CPU after its deadline, but before
// its Period is over, does not run before that.
func TestDeadlineConstrained(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	const period = 400 * time.Millisecond
	attr := Attr{Policy: Deadline, Runtime: 2 * time.Millisecond, Deadline: 4 * time.Millisecond, Period: period}
	throttled := func(*Task) {}
	for name, f := range map[string]func(*Task){
		"wakes": throttled,
		"changed": func(task *Task) {
			changed := attr
			changed.Name = "changed"
			assert.NoError(t, task.SetAttr(changed))
		},
		"evicted": func(*Task) {
			for i := range 2 {
				assert.NoError(t, k.Offline(i))
				assert.NoError(t, k.Online(i))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			times := 3
			if testing.Short() {
				times = 1
			}
			for range times {
				var end int64
				begin := goport.Nanotime()
				task := spawn(t, k, attr, func() {
					Sleep(10 * time.Millisecond)
					end = goport.Nanotime()
				})
				for !isThrottled(task) && task.State() != Dead {
					time.Sleep(100 * time.Microsecond)
				}
				f(task)
				wait(t, task)
				assert.GreaterOrEqual(t, time.Duration(end-begin), period)
				require.NoError(t, until(func() bool { return onlyOf(k) == 0 }))
			}
		})
	}
}

// Who wakes after its deadline waits for the next period. Who is only put on a queue
// again, by the collector or SetAttr, has the budget that it had.
func TestBudgetOfStopped(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	task, err := k.newTask(Attr{Policy: Deadline, Runtime: 5 * time.Millisecond, Deadline: 10 * time.Millisecond, Period: 4 * time.Second})
	require.NoError(t, err)
	q, d := new(runqueue), &task.dl
	for _, c := range []struct {
		how  putting
		left int64
	}{{putMoved, int64(5 * time.Millisecond)}, {putNew, 0}} {
		now := clock()
		*d = deadlineTask{at: now - 1, next: now + int64(4*time.Second), left: int64(5 * time.Millisecond)}
		assert.Equal(t, c.left > 0, q.enterDeadline(task, c.how))
		assert.Equal(t, c.left, d.left)
	}
}

// A budget that is used up counts once, also if the task goes on with it, as it does under
// the preemption model None whatever its CPU is asked to do meanwhile, and then blocks.
func TestOverrunsCountOnce(t *testing.T) {
	k := boot(t, Config{CPUs: 1, Preemption: preempt.None})
	const period = time.Second
	var stop, used atomic.Bool
	defer stop.Store(true)
	var sleepers []*Task // the task passes through the scheduler when each wakes
	for i := range 20 {
		sleepers = append(sleepers, spawn(t, k, Attr{}, func() { Sleep(time.Duration(20+i) * time.Millisecond) }))
	}
	begin := time.Now()
	task := spawn(t, k, Attr{Policy: Deadline, Runtime: time.Millisecond, Period: period}, func() {
		for from := cpu.Cycles(); !stop.Load() || cpu.Cycles()-from < 3*k.ms; {
			call(1)
		}
		used.Store(true)
		Sleep(20 * time.Millisecond)
	})
	for _, sleeper := range sleepers {
		assert.NoError(t, until(func() bool { return sleeper.State() == Runnable }))
	}
	stop.Store(true)
	require.NoError(t, until(func() bool { return used.Load() && task.State() == Blocked }))
	n := task.Overruns()
	if time.Since(begin) < period { // else the host took it
		assert.Equal(t, uint64(1), n)
	}
	wait(t, task)

	used.Store(false)
	// One that blocks just then, before its CPU has noticed.
	task = spawn(t, k, Attr{Policy: Deadline, Runtime: time.Millisecond, Period: period}, func() {
		preempt.Disable()
		for from := cpu.Cycles(); cpu.Cycles()-from < 3*k.ms; {
		}
		preempt.EnableNoResched()
		used.Store(true)
		Sleep(20 * time.Millisecond)
	})
	require.NoError(t, until(func() bool { return used.Load() && task.State() == Blocked }))
	assert.NotZero(t, task.Overruns())
	wait(t, task)
	assert.GreaterOrEqual(t, k.Stats().Total.Throttles, task.Overruns())
}

//go:norace
func isThrottled(t *Task) bool { return t.on != 0 && t.level == levelThrottled }
