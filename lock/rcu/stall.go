package rcu

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gokern/gokern/internal/readers"
)

// patience is how long to wait for a CPU's sample: on a busy host its thread may not run
// at once.
const patience = 200 * time.Millisecond

// defaultStall is Linux's CONFIG_RCU_CPU_STALL_TIMEOUT.
const defaultStall = 21 * time.Second

// stalls is how stalls are reported, and which one was last.
var stalls = struct {
	mu    sync.Mutex
	limit time.Duration
	log   *slog.Logger
	seq   uint64    // the grace period
	next  time.Time // when to report it again
}{limit: defaultStall}

// SetStallReport says how long a grace period may take before who waits for it
// logs what holds it up, and again after each three times as long: CPUs and tasks, and
// their stacks. limit 0 means 21 s, less than 0 never; a nil log means
// slog.Default(). Context: any goroutine. Linux: rcu_cpu_stall_timeout.
func SetStallReport(limit time.Duration, log *slog.Logger) {
	stalls.mu.Lock()
	defer stalls.mu.Unlock()
	if limit == 0 {
		limit = defaultStall
	}
	stalls.limit, stalls.log, stalls.seq = limit, log, 0
}

// stallWatch is one waiter's idea of how long a grace period has been under way.
type stallWatch struct {
	seq   uint64
	since time.Time
}

// look reports a stall if there is one and nobody else has.
func (w *stallWatch) look(r *readers.Request, now time.Time) {
	if r.Seq != w.seq {
		w.seq, w.since = r.Seq, now
		return
	}
	lasted := now.Sub(w.since)
	if log := due(w.seq, lasted, now); log != nil {
		report(log, r, lasted)
	}
}

// due returns where to log that grace period seq has lasted so long, nil if that
// is not to be logged now.
func due(seq uint64, lasted time.Duration, now time.Time) *slog.Logger {
	if !stalls.mu.TryLock() {
		return nil
	}
	defer stalls.mu.Unlock()
	if stalls.limit < 0 || lasted < stalls.limit || stalls.seq == seq && now.Before(stalls.next) {
		return nil
	}
	stalls.seq, stalls.next = seq, now.Add(3*stalls.limit)
	if stalls.log == nil {
		return slog.Default()
	}
	return stalls.log
}

// report logs what the grace period waits for.
func report(log *slog.Logger, r *readers.Request, lasted time.Duration) {
	h := r.Look()
	for i := range h.NCPUs {
		h.CPUs[i].Forget()
	}
	r.Hurry(true)
	frozen := false
	for i := range h.NCPUs {
		c := &h.CPUs[i]
		frozen = frozen || c.IRQOff || c.Count != 0
		who := readers.Describe(c.Task)
		stack := stackOf(r, c)
		log.Warn("rcu: stall: "+c.Why(), "cpu", c.ID, "task", who.ID, "name", who.Name, "depth", c.Depth,
			"preempt_count", fmt.Sprintf("%#x", c.Count), "for", lasted.Round(time.Millisecond), "interrupts", c.Answered(), "stack", stack)
	}
	for _, t := range h.Tasks[:h.NTasks] {
		who := readers.Describe(t)
		stack := "not available while a CPU cannot be stopped"
		if !frozen {
			stack = who.Stack()
		}
		log.Warn("rcu: stall: a task that was switched out in a read-side section", "task", who.ID, "name", who.Name, "state", who.State,
			"for", lasted.Round(time.Millisecond), "stack", stack)
	}
	if h.More > 0 {
		log.Warn("rcu: stall: more such tasks", "number", h.More)
	}
}

// stackOf returns the stack that c's interrupt handler samples. A dump of the
// goroutine would stop the world first, so wait for the section. A sample may show
// nothing of Go, where the goroutine was asking the time, for example: then again.
func stackOf(r *readers.Request, c *readers.HeldCPU) string {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		time.Sleep(100 * time.Microsecond)
		if pcs := c.Sample(); pcs != nil {
			if stack := symbols(pcs); stack != "" {
				return stack
			}
			c.Forget()
			r.Hurry(true)
		}
	}
	return "none: the CPU has not taken an interrupt, or has gone on"
}

// symbols returns the stack in words.
func symbols(pcs []uintptr) string {
	var b strings.Builder
	for frames := runtime.CallersFrames(pcs); ; {
		f, more := frames.Next()
		if f.Function != "" {
			fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
		if !more {
			return b.String()
		}
	}
}
