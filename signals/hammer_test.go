package signals_test

import (
	"flag"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/seed"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

var (
	hammerFor  = flag.Duration("hammer", 0, "how long TestHammerTimers lasts; 0: a few seconds, less with -short")
	hammerSeed = flag.Uint64("hammerseed", 0, "its seed; 0: a new one")
)

// hammered is one timer of TestHammerTimers and what must be true of it.
type hammered struct {
	timer  *signals.HRTimer
	inside atomic.Int32
	runs   atomic.Int64
	plain  int // the callback's own: the race detector sees whether runs are ordered

	lock atomic.Bool  // who holds it is the only one to start and cancel
	last atomic.Int64 // when the callback ran last, by Now
}

// Timers of all kinds are started, started again and cancelled by tasks of all
// priorities, by ordinary goroutines, by each other's callbacks, in softirqs, and
// with interrupts masked, while tasks are moved and the collector runs. None comes
// too early, after it was cancelled, twice at once, or never.
func TestHammerTimers(t *testing.T) {
	lasts := *hammerFor
	if lasts == 0 {
		if lasts = 4 * time.Second; testing.Short() {
			lasts = time.Second
		}
	}
	r := seed.Rand(t, "hammerseed", *hammerSeed)
	cpus := 2 + r.IntN(3)
	k := torture.Kernel(t, gpm.Config{CPUs: cpus, Slice: time.Duration(100+r.IntN(900)) * time.Microsecond})

	all := make([]*hammered, 60)
	var quiet atomic.Bool
	var twice atomic.Int32
	for i := range all {
		h := &hammered{}
		own := rand.New(rand.NewPCG(r.Uint64(), 0)) // the callback's
		f := func(x *signals.HRTimer) signals.HRTimerRestart {
			if h.inside.Inc() != 1 {
				twice.Inc() // t's lock may block
			}
			h.last.Store(int64(signals.Now()))
			h.plain++
			h.runs.Inc()
			// Another one's, as a hard interrupt may be anybody's.
			if o := all[own.IntN(len(all))]; o != h && own.IntN(4) == 0 && !quiet.Load() && o.lock.CompareAndSwap(false, true) {
				if own.IntN(2) == 0 {
					o.start(t, time.Duration(own.IntN(300))*time.Microsecond, own.IntN(cpus+1)-1)
				} else {
					o.timer.TryToCancel()
				}
				o.lock.Store(false)
			}
			again := signals.HRTimerNoRestart
			if own.IntN(3) == 0 && !quiet.Load() {
				x.ForwardNow(time.Duration(50+own.IntN(200)) * time.Microsecond)
				again = signals.HRTimerRestarts
			}
			h.inside.Dec()
			return again
		}
		switch i % 5 {
		case 0, 1, 2:
			h.timer = signals.NewHRTimer(f)
		case 3:
			h.timer = signals.NewHRTimerSoft(f)
		default:
			var err error
			h.timer, err = signals.NewHRTimerTask(i%7*10, f)
			require.NoError(t, err)
		}
		all[i] = h
	}

	end := time.Now().Add(lasts)
	var ops atomic.Int64
	work := func(seed uint64, task bool) func() {
		return func() {
			own := rand.New(rand.NewPCG(seed, 1))
			for n := 0; time.Now().Before(end); n++ {
				h := all[own.IntN(len(all))]
				// While somebody has the timer nobody preempts him for long, but a
				// callback may come; callbacks do not wait for the lock.
				if !h.lock.CompareAndSwap(false, true) {
					runtime.Gosched()
					continue
				}
				ops.Inc()
				after := time.Duration(own.IntN(500)) * time.Microsecond
				if own.IntN(20) == 0 {
					after = time.Hour
				}
				var leave func()
				if task {
					leave = enterContext(own.IntN(6))
				}
				switch own.IntN(3) {
				case 0:
					if leave != nil && h.timer.CallbackRunning() {
						h.timer.TryToCancel()
						break
					}
					if leave == nil {
						h.timer.Cancel()
						before := h.runs.Load()
						if h.timer.Active() || h.inside.Load() != 0 {
							t.Error("active after Cancel")
						}
						if own.IntN(10) == 0 {
							time.Sleep(300 * time.Microsecond)
						}
						if h.runs.Load() != before {
							t.Error("a callback after Cancel")
						}
						h.plain++ // Cancel orders it after all callbacks
					}
				default:
					h.start(t, after, own.IntN(cpus+1)-1)
				}
				if leave != nil {
					leave()
				}
				h.lock.Store(false)
				if n%8 == 0 {
					runtime.Gosched()
				}
			}
		}
	}
	var tasks []*gpm.Task
	for i := range 8 {
		attr := gpm.Attr{}
		switch i % 4 {
		case 1:
			attr = gpm.Attr{Policy: gpm.RR, Priority: 1 + i}
		case 2:
			attr = gpm.Attr{Policy: gpm.RR, Priority: 99}
		}
		f := work(r.Uint64(), true)
		if i%4 == 2 {
			inner := f
			f = func() { gpm.Sleep(200 * time.Microsecond); inner() }
		}
		tasks = append(tasks, kerneltest.Spawn(t, k, attr, f))
	}
	done := make(chan struct{}, 3)
	for range 2 {
		f := work(r.Uint64(), false)
		go func() { f(); done <- struct{}{} }()
	}
	own := rand.New(rand.NewPCG(r.Uint64(), 2))
	go func() {
		for time.Now().Before(end) {
			task := tasks[own.IntN(len(tasks))]
			attr := task.Attr()
			attr.CPUs = []int{own.IntN(cpus)}
			if own.IntN(3) == 0 {
				attr.CPUs = nil
			}
			_ = task.SetAttr(attr) // it may have ended
			runtime.GC()
			if own.IntN(4) == 0 {
				if err := signals.StopMachine(func() error { return nil }, nil); err != nil {
					t.Error(err)
				}
			}
		}
		done <- struct{}{}
	}()
	kerneltest.Wait(t, tasks...)
	for range 3 {
		<-done
	}
	// At rest each comes, once, and not too early.
	quiet.Store(true)
	for range 2 { // a callback of before may have started another after its Cancel
		for _, h := range all {
			h.timer.Cancel()
		}
	}
	for i, h := range all {
		before, expiry := h.runs.Load(), signals.Now()+100*time.Microsecond
		require.NoError(t, h.timer.StartOn(i%cpus, expiry, signals.HRTimerAbs))
		eventually(t, "a timer does not come any more", func() bool { return h.runs.Load() > before })
		h.timer.Cancel()
		require.Equal(t, before+1, h.runs.Load())
		require.GreaterOrEqual(t, h.last.Load(), int64(expiry), "too early")
		require.False(t, h.timer.Active())
	}
	assert.Zero(t, twice.Load(), "a callback ran twice at once")
	runs := int64(0)
	for _, h := range all {
		runs += h.runs.Load()
	}
	t.Logf("%d CPUs, %d operations, %d callbacks\n%s", cpus, ops.Load(), runs, signals.FormatInterrupts(signals.Interrupts()))
	assert.Greater(t, runs, int64(len(all)))
}

func (h *hammered) start(t *testing.T, after time.Duration, n int) {
	var err error
	if n < 0 {
		err = h.timer.Start(after, signals.HRTimerRel)
	} else {
		err = h.timer.StartOn(n, after, signals.HRTimerRel)
	}
	if err != nil {
		t.Error(err)
	}
}

// enterContext makes the caller, a task, atomic in one of several ways, or not: then
// it returns nil.
func enterContext(which int) (leave func()) {
	switch which {
	case 0:
		preempt.Disable()
		return preempt.Enable
	case 1:
		signals.IRQDisable()
		return signals.IRQEnable
	case 2:
		signals.BHDisable()
		return signals.BHEnable
	case 3:
		signals.HardIRQDisable()
		return signals.HardIRQEnable
	}
	return nil
}
