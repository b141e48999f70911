//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// watchdog is an ordinary goroutine that looks at every CPU now and then, and
// logs what has lasted too long: a task in a system call (or otherwise not
// letting go) while others wait, preemption or interrupts off, a runnable task
// that is not run. While all CPUs sleep it sleeps too, without a timer, so
// that Go can see a deadlock.
type watchdog struct {
	k       *Kernel
	limit   time.Duration
	log     *slog.Logger
	sleeper goport.Sleeper
	quit    uint32
	ended   chan struct{}
	seen    []observation
}

// observation is what one CPU did when last looked at.
type observation struct {
	switches int64
	since    time.Time
	reported bool

	waiting  *Task // the first task in its queue
	turns    int64 // how often that one had run then
	waits    time.Time
	starving bool // it has been reported
}

func newWatchdog(k *Kernel) *watchdog {
	return &watchdog{k: k, limit: k.config.Watchdog, log: k.config.Logger, ended: make(chan struct{}), seen: make([]observation, k.cpusLen)}
}

func (w *watchdog) start() {
	if w.limit < 0 {
		close(w.ended)
		return
	}
	go w.run()
}

// stop ends the watchdog and waits for it.
func (w *watchdog) stop() {
	cpu.Store32(&w.quit, 1)
	if w.limit >= 0 {
		w.sleeper.Wake()
	}
	<-w.ended
}

func (w *watchdog) run() {
	defer close(w.ended)
	period := max(w.limit/4, time.Millisecond)
	for cpu.Load32(&w.quit) == 0 {
		if w.k.allParked() {
			if f := parkedHook.Load(); f != nil {
				(*f)(w.log)
			}
			w.sleeper.Sleep()
			continue
		}
		nap := time.Now()
		w.pause(period)
		if time.Since(nap) > 2*period {
			continue // we were late ourselves: the machine is, not the tasks
		}
		for i, c := range w.k.cpus {
			w.look(&w.seen[i], c)
		}
		w.repair()
	}
}

// pause waits for d or until stop.
func (w *watchdog) pause(d time.Duration) {
	for end := time.Now().Add(d); cpu.Load32(&w.quit) == 0; {
		left := time.Until(end)
		if left <= 0 {
			return
		}
		time.Sleep(min(left, 20*time.Millisecond))
	}
}

// look compares what c does now with what it did before.
func (w *watchdog) look(o *observation, c *vcpu) {
	now := time.Now()
	s := c.sample()
	if s.task == nil || s.switches != o.switches {
		o.switches, o.since, o.reported = s.switches, now, false
	} else if lasted := now.Sub(o.since); lasted >= w.limit && !o.reported {
		if what := s.complaint(); what != "" {
			o.reported = true
			w.report(what, s.task, c, lasted)
		}
	}
	switch t := s.waiting; {
	case t == nil || t != o.waiting || s.turns != o.turns:
		o.waiting, o.turns, o.waits, o.starving = t, s.turns, now, false
	case now.Sub(o.waits) >= w.limit && !o.starving:
		o.starving = true
		w.report("a runnable task is not run", t, c, now.Sub(o.waits))
	}
}

// report logs one finding, with the task's stack.
func (w *watchdog) report(what string, t *Task, c *vcpu, lasted time.Duration) {
	w.log.Warn("gokern: "+what, "task", t.ID(), "name", t.Name(), "cpu", c.ID, "for", lasted.Round(time.Millisecond), "stack", stackOf(t.Goroutine()))
}

// repair puts the interrupt's handler back if the program has taken it away.
func (w *watchdog) repair() {
	if goport.InterruptIntact() {
		return
	}
	w.log.Warn("gokern: the interrupt signal's handler was replaced (os/signal.Ignore?); it is put back")
	if err := goport.RepairInterrupt(); err != nil {
		w.log.Error("gokern: the interrupt signal's handler cannot be put back", "error", err)
	}
}

// sample is what a CPU does at one moment.
type sample struct {
	task     *Task
	switches int64
	count    uint32 // preempt_count
	irqOff   bool
	queued   int32
	running  int32 // priority
	waiting  *Task
	turns    int64
}

//go:norace
func (c *vcpu) sample() sample {
	s := sample{task: c.cur, switches: c.switches, count: c.Count &^ cpu.NoNeed, irqOff: c.IRQOff != 0 || c.HardOff != 0, queued: c.nr, running: c.curPrio}
	if t := c.first(); t != nil {
		s.waiting, s.turns = t, t.switches
	}
	return s
}

// complaint says what is wrong with a CPU that has not switched for long.
//
//go:norace
func (s sample) complaint() string {
	switch {
	case s.irqOff:
		return "interrupts are off for long"
	case s.count&^cpu.Active != 0:
		return "preemption is off for long"
	case s.queued > 0 && s.waiting != nil && s.waiting.prio >= s.running:
		return "a task holds its CPU (a system call, a cgo call, or locked to its thread)"
	}
	return ""
}

// stackOf returns the stack of the goroutine with that number, from a dump of all.
func stackOf(goid uint64) string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	head := fmt.Appendf(nil, "goroutine %d ", goid)
	for _, one := range bytes.Split(buf, []byte("\n\n")) {
		if bytes.HasPrefix(one, head) {
			return string(one)
		}
	}
	return ""
}

// allParked reports whether every CPU is blocked without work.
func (k *Kernel) allParked() bool {
	for _, c := range k.cpus {
		if cpu.Load32(&c.idle) != idleParked {
			return false
		}
	}
	return true
}
