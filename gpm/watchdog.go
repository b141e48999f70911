//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"log/slog"
	"time"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// watchdog is an ordinary goroutine that looks at every CPU now and then, and
// logs, once each, what has lasted too long: a task in a system call (or otherwise
// not letting go) while others wait, preemption or interrupts off, a runnable
// task that is not run although nothing of the former explains it. While all CPUs
// sleep it sleeps too, without a timer, so that Go can see a deadlock.
type watchdog struct {
	k       *Kernel
	limit   time.Duration
	log     *slog.Logger
	sleeper goport.Sleeper
	quit    uint32
	ended   chan struct{}
	seen    []observation
}

// maxTries is how often a CPU that does not say where it is, although it could, is
// left alone: most likely Linux does not run its thread.
const maxTries = 10

// observation is what one CPU did when last looked at. Times are by clock.
type observation struct {
	task     *Task
	switches int64
	since    time.Duration
	asked    time.Duration // in an atomic section then, and asked to switch after it; 0: not so
	tries    int           // to ask it where it is
	reported bool          // why it does not switch
	sent     time.Duration // an interrupt, at that look
	answers  int           // to such, one after the other
	looks    int           // for answers

	waiting  *Task // a task in its queue, the first when looked at
	id       int64 // of that one
	turns    int64 // how often it had run then
	waits    time.Duration
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
		if w.k.allParked() && !w.k.classesWait() {
			if f := parkedHook.Load(); f != nil {
				(*f)(w.log)
			}
			w.sleeper.Sleep()
			continue
		}
		w.lookAtClasses()
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

// look compares what c does now with what it did before. Times are c's own: they
// stand still while Linux runs other threads than c's.
func (w *watchdog) look(o *observation, c *vcpu) {
	s := c.sample()
	if s.task == nil && s.waiting == nil {
		*o = observation{}
		return
	}
	now := w.clock(c)
	switched := s.switches != o.switches
	switch {
	case s.task == nil || s.task != o.task || switched:
		o.task, o.switches, o.since, o.asked, o.tries, o.reported = s.task, s.switches, now, 0, 0, false
		if s.task != nil || switched {
			o.sent, o.answers, o.looks = 0, 0, 0
		}
	case o.reported:
	case !s.atomic():
		o.asked = 0
		if s.holds() && now-o.since >= w.limit && o.runs(c, now) {
			o.reported = true
			w.report("a task holds its CPU (a system call, a cgo call, or locked to its thread)", s.task, c, now-o.since, w.dump(s.task))
		}
	case o.asked == 0:
		// Is it one long section or many short ones? The end of the first would
		// switch, if somebody wanted it.
		onG0(reschedOnG0, c)
		o.asked = now
	case now-o.asked >= w.limit:
		w.lookAtSection(o, c, s)
	}
	switch t := o.waiting; {
	case t == nil || !t.waitsSince(o.id, o.turns): // the first may change for a moment: stay with this one
		o.waiting, o.id, o.turns, o.waits, o.starving = s.waiting, s.id, s.turns, now, false
	case o.asked != 0: // the section that it waits for is looked at first
	case now-o.waits >= w.limit+c.turnAfter(t) && !o.starving && !o.reported && (switched || o.runs(c, now)):
		o.starving = true
		w.report("a runnable task is not run", t, c, now-o.waits, w.dump(t))
	}
}

// runs reports whether c, which is to be blamed, is run at all. Linux books a thread's
// wait when it is over, and what the machine's host takes never as the thread's: so c is
// sent an interrupt at each look, and must have served those of the last two. C code may
// have blocked the signal: it is not waited for without end.
func (o *observation) runs(c *vcpu, now time.Duration) bool {
	if o.sent != now {
		if o.sent != 0 && cpu.Load32(&c.IPI) == 0 {
			o.answers++
		} else {
			o.answers = 0
		}
		o.sent = now
		o.looks++
		onG0(askOnG0, c)
	}
	return o.answers >= 2 || o.looks > 4*maxTries
}

// lookAtSection reports the atomic section that c is in if it still lasts when c
// has answered: a thread that Linux does not run right now is not at fault.
func (w *watchdog) lookAtSection(o *observation, c *vcpu, s sample) {
	stack := ""
	switch {
	case s.stalled:
		stack = w.dump(s.task)
	case !s.hard:
		if stack = c.stack(); stack == "" && o.tries < maxTries {
			o.tries++
			return
		}
	}
	now, again := w.clock(c), c.sample()
	if now-o.asked < w.limit || again.task != o.task || again.switches != o.switches {
		return
	}
	o.reported = true
	what := "preemption is off for long"
	if s.irqOff {
		what = "interrupts are off for long"
	}
	w.report(what, s.task, c, now-o.asked, stack)
}

// clock returns the time since Boot less what c's thread has waited for Linux.
func (w *watchdog) clock(c *vcpu) time.Duration {
	return time.Since(w.k.bootTime) - hostDelay(c.thread())
}

// dump returns the stack of t, which does not run, or is in a system call; "" if
// it cannot be had now.
func (w *watchdog) dump(t *Task) string {
	if w.k.atomic() {
		return ""
	}
	return stackOf(t.Goroutine())
}

// report logs one finding about t.
func (w *watchdog) report(what string, t *Task, c *vcpu, lasted time.Duration, stack string) {
	w.log.Warn("gokern: "+what, "task", t.ID(), "name", t.Name(), "cpu", c.ID, "for", lasted.Round(time.Millisecond), "stack", stack)
}

// repair puts the interrupt's handler back if the program has taken it away.
func (w *watchdog) repair() {
	if goport.InterruptIntact() {
		return
	}
	w.log.Warn("gokern: the interrupt signal's handler was replaced (os/signal.Ignore?); it is put back")
	if err := goport.RepairInterrupt(); err != nil {
		w.log.Error("gokern: the interrupt signal's handler cannot be put back", "error", err)
		return
	}
	for _, c := range w.k.cpus {
		onG0(againOnG0, c)
	}
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
