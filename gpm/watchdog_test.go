//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/measure"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// limit is the tests' Config.Watchdog.
const limit = 40 * time.Millisecond

// watched boots a kernel of one CPU whose watchdog logs to the records.
func watched(t *testing.T) (*Kernel, *records) {
	log := new(records)
	return boot(t, Config{CPUs: 1, Watchdog: limit, Logger: slog.New(log)}), log
}

// of returns the records with that message about tasks with that name.
func (l *records) of(message, name string) (list []record) {
	for _, r := range l.all() {
		if r.Message == "gokern: "+message && r.attr("name").String() == name {
			list = append(list, r)
		}
	}
	return list
}

// await waits until there are n such records.
func (l *records) await(t *testing.T, n int, message, name string) {
	t.Helper()
	for start := time.Now(); len(l.of(message, name)) < n; time.Sleep(time.Millisecond) {
		require.Less(t, time.Since(start), 30*time.Second, "%d of %q, have %v", n, message, l.all())
	}
}

// expect waits so too, then longer, and returns the last: there must be no more.
func (l *records) expect(t *testing.T, n int, message, name string) record {
	t.Helper()
	l.await(t, n, message, name)
	time.Sleep(5 * limit)
	got := l.of(message, name)
	require.Len(t, got, n, "reported twice")
	return got[n-1]
}

// check compares a record with the task it is about.
func (r record) check(t *testing.T, id int64, in string) {
	t.Helper()
	require.Equal(t, slog.LevelWarn, r.Level)
	require.Equal(t, id, r.attr("task").Int64())
	require.Zero(t, r.attr("cpu").Int64())
	require.GreaterOrEqual(t, r.attr("for").Duration(), limit)
	require.Less(t, r.attr("for").Duration(), time.Minute)
	if in == "" {
		require.Empty(t, r.attr("stack").String())
	} else {
		require.Regexp(t, in, r.attr("stack").String())
	}
}

// spinning is in the stack of a task in TestWatchdogAtomic. Frame pointers may miss
// a function that has not set up its frame, so either of two is enough.
const spinning = "gpm.(spinIn|TestWatchdogAtomic)"

const starving = "a runnable task is not run"

// A long section without preemption or interrupts is reported while it lasts,
// once, with the stack that the task has there; what waits behind it is not,
// whether it came after the report or as soon as the section began.
func TestWatchdogAtomic(t *testing.T) {
	testgc.Off(t) // the world stops only after the section
	k, log := watched(t)
	for _, c := range []struct {
		name    string
		message string
		begin   func()
		end     func()
		stack   string
	}{
		{"Disable", "preemption is off for long", preempt.Disable, preempt.Enable, spinning},
		{"IRQDisable", "interrupts are off for long", signals.IRQDisable, signals.IRQEnable, spinning},
		{"InterruptDisable", "interrupts are off for long", signals.InterruptDisable, signals.InterruptEnable, spinning},
		{"HardIRQDisable", "interrupts are off for long", signals.HardIRQDisable, signals.HardIRQEnable, ""},
	} {
		for i := range 2 { // the second time it is another section, and reported again
			var begun, stop atomic.Bool
			var others []*Task
			task := spawn(t, k, Attr{Name: c.name}, func() {
				c.begin()
				begun.Store(true)
				spinIn(&stop)
				c.end()
			})
			func() {
				defer stop.Store(true) // before anything that may need a collection
				if i == 0 {
					log.await(t, 1, c.message, c.name)
				}
				for !begun.Load() {
					time.Sleep(time.Millisecond)
				}
				behind := spawn(t, k, Attr{Name: "behind " + c.name}, func() {})
				others = append(others, behind)
				log.expect(t, 1+i, c.message, c.name).check(t, task.ID(), c.stack)
				require.Empty(t, log.of(starving, behind.Name()), "its cause has been reported")
			}()
			wait(t, append(others, task)...)
		}
	}
}

//go:noinline
func spinIn(stop *atomic.Bool) {
	for !stop.Load() {
	}
}

// Many short sections are no long one, even for a task that is in one whenever
// it is looked at and never has to switch; and even where Linux runs other
// threads meanwhile, for longer than the limit.
func TestWatchdogShortSections(t *testing.T) {
	k, log := watched(t)
	var stop atomic.Bool
	var others sync.WaitGroup
	defer func() { stop.Store(true); others.Wait() }()
	for range 2 {
		others.Go(func() { assert.NoError(t, measure.OnThread(k.config.Pin[0], func() { spinIn(&stop) })) })
	}
	in(t, k, Attr{Name: "short"}, func() {
		for start := time.Now(); time.Since(start) < 20*limit; {
			preempt.Disable()
			for begin := time.Now(); time.Since(begin) < 100*time.Microsecond; {
			}
			preempt.Enable()
		}
	})
	require.Empty(t, log.of("preemption is off for long", "short"))
}

// A task in a system call holds its CPU; that is reported if somebody waits.
func TestWatchdogHeldCPU(t *testing.T) {
	const message = "a task holds its CPU (a system call, a cgo call, or locked to its thread)"
	k, log := watched(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	fd := int(r.Fd()) // blocking from now on
	reader := spawn(t, k, Attr{Name: "reader"}, func() { readByte(fd) })
	for reader.State() != Running {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(3 * limit)
	require.Empty(t, log.of(message, "reader"), "nobody waits")
	behind := spawn(t, k, Attr{Name: "behind"}, func() {})
	defer w.Close()
	log.expect(t, 1, message, "reader").check(t, reader.ID(), "gpm.readByte")
	require.Empty(t, log.of(starving, "behind"), "its cause has been reported")
	w.Close()
	wait(t, reader, behind)
}

//go:noinline
func readByte(fd int) { unix.Read(fd, make([]byte, 1)) }

// A runnable task that is not run, because others rightly run, is reported once
// for each time that it starves.
func TestWatchdogStarving(t *testing.T) {
	testgc.Off(t) // which stops the hog, and lets others run
	k, log := watched(t)
	for _, c := range []struct {
		name string
		attr Attr
	}{
		{"lower", Attr{Name: "lower"}},
		{"equal", Attr{Name: "equal", Policy: FIFO, Priority: 5}},
	} {
		for i := range 2 {
			var stop atomic.Bool
			watch := watchHost()
			hog := spawn(t, k, Attr{Name: "hog", Policy: FIFO, Priority: 5}, func() { compute(&stop) })
			starved := spawn(t, k, c.attr, func() {})
			func() {
				defer stop.Store(true)
				log.expect(t, 1+i, starving, c.name).check(t, starved.ID(), "gpm.taskMain")
			}()
			wait(t, hog, starved)
			if watch.took() == 0 { // or it may have waited itself
				require.Empty(t, log.of(starving, "hog"))
			}
			for starved.State() != Dead { // lest its last instructions starve too
				time.Sleep(time.Millisecond)
			}
		}
	}
}

// With Watchdog below 0 nothing is reported.
func TestWatchdogOff(t *testing.T) {
	log := new(records)
	k := boot(t, Config{CPUs: 1, Watchdog: -1, Logger: slog.New(log)})
	in(t, k, Attr{}, func() {
		preempt.Disable()
		for start := time.Now(); time.Since(start) < limit; {
		}
		preempt.Enable()
	})
	for _, r := range log.all() {
		require.NotEmpty(t, r.attr("GODEBUG").String(), "%v", r)
	}
}

// A program that ignores every real-time signal takes the interrupt away; the
// watchdog puts it back, says so once, and interrupts come again. So too when
// the program then asks for the signals, which it gets.
func TestWatchdogRepairs(t *testing.T) {
	if !inChild(t) {
		return
	}
	var all []os.Signal
	for sig := syscall.Signal(41); sig <= 62; sig++ {
		all = append(all, sig)
	}
	const message = "the interrupt signal's handler was replaced (os/signal.Ignore?); it is put back"
	k, log := watched(t)
	got := make(chan os.Signal, 100)
	for i, take := range []func(){
		func() { signal.Ignore(all...) },
		func() { signal.Notify(got, all...) },
		func() { signal.Ignore(all...) },
		func() { signal.Notify(got, all...) },
	} {
		var s spinner // so that the CPU is busy, and the watchdog looks
		require.NoError(t, k.spawnSpinner("loop", &s, func(s *spinner) {
			for !s.hasStopped() {
				call(1)
			}
		}))
		defer s.halt()
		take()
		require.True(t, !goport.InterruptIntact() || len(log.of(message, zeroName)) == i+1) // it may be quick
		high := spawn(t, k, Attr{Policy: FIFO, Priority: 1}, func() {})                     // its interrupt may be lost
		r := log.expect(t, i+1, message, zeroName)
		require.Equal(t, slog.LevelWarn, r.Level)
		require.True(t, goport.InterruptIntact())
		s.halt()
		wait(t, s.task, high)
		_, err := k.SelfTest()
		require.NoError(t, err)
	}
	for _, sig := range all {
		require.NoError(t, unix.Tgkill(os.Getpid(), unix.Gettid(), sig.(syscall.Signal)))
		for <-got != sig { // until the handler was back the program got the interrupts
		}
	}
	signal.Stop(got)
	require.True(t, goport.InterruptIntact())
	_, err := k.SelfTest()
	require.NoError(t, err)
}

// zeroName is what a record without a name has.
var zeroName = slog.Value{}.String()

// Many short sections are no long one, also where the end of none of them switches.
func TestWatchdogUnderNone(t *testing.T) {
	log := new(records)
	k := boot(t, Config{CPUs: 1, Watchdog: limit, Logger: slog.New(log), Preemption: preempt.None})
	in(t, k, Attr{Name: "many"}, func() {
		looked := func() bool { return k.Stats().Total.Declined != 0 }
		for start := time.Now(); time.Since(start) < 10*limit || !looked() && time.Since(start) < 30*time.Second; {
			preempt.Disable()
			call(1000)
			preempt.Enable()
		}
	})
	require.Empty(t, log.of("preemption is off for long", "many"))
	require.Positive(t, k.Stats().Total.Declined, "the watchdog has not looked")
}

// A task whose CPU the host gives to others is not at fault. Linux books such a wait only
// when it is over.
func TestWatchdogHostTakesCPU(t *testing.T) {
	testgc.Off(t)
	k, log := watched(t)
	core := k.config.Pin[0]
	var stop atomic.Bool
	defer stop.Store(true)
	var hogs []*Task
	for range 2 {
		hogs = append(hogs, spawn(t, k, Attr{Name: "hog"}, func() { compute(&stop) }))
	}
	for tries := 0; tries < 3; tries++ {
		var took time.Duration
		before := len(log.all())
		err := measure.OnThread(core, func() {
			if unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0) != nil {
				return
			}
			start := time.Now()
			for time.Since(start) < 2*limit {
			}
			took = time.Since(start)
		})
		require.NoError(t, err)
		if took == 0 {
			t.Skip("it takes CAP_SYS_NICE")
		}
		if took < 5*limit/2 { // else the machine has stood still
			require.Len(t, log.all(), before)
		}
	}
	stop.Store(true)
	wait(t, hogs...)
}

// Tasks whose memory is one's after the other's are not taken for one that waits: here
// there is nearly always one that has just been started.
func TestWatchdogUsedAgain(t *testing.T) {
	k, log := watched(t)
	in(t, k, Attr{Policy: FIFO, Priority: 1}, func() {
		for start := time.Now(); time.Since(start) < 30*limit; Sleep(100 * time.Microsecond) {
			assert.NoError(t, k.Go(Attr{Name: "young"}, func() {}))
			for begin := time.Now(); time.Since(begin) < 2*time.Millisecond; {
				call(1)
			}
		}
	})
	require.Empty(t, log.of(starving, "young"))
}
