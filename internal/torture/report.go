package torture

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gokern/gokern/gpm"
)

// Errors of a Run, to test with errors.Is.
var (
	// ErrStuck: a worker has waited too long for a lock.
	ErrStuck = errors.New("torture: stuck")
	// ErrFail: a promise of the lock was broken.
	ErrFail = errors.New("torture: broken")
)

// Report is what a Run has seen.
type Report struct {
	Name    string
	Modes   [Peek + 1]Total // by Mode
	Fails   int64           // promises broken
	First   string          // the first of them, of some worker
	Missed  int64           // tries and waits that failed, as they may
	Retries int64           // Peek sections that had to be repeated
	Torn    int64           // of those, with inconsistent data
	Lost    int64           // changes of data that are not there at the end
	Stuck   error           // wraps ErrStuck: who waited for ever
	Idle    int             // workers that never got in
	Peeks   bool            // there are readers that only peek: some must have met a change
	Most    int             // workers seen inside together
	Want    int             // what Most must reach

	Preemptions, Migrations, Interrupts uint64
}

// Total counts sections of one mode.
type Total struct {
	Total    int64
	Max, Min int64 // of a worker
	Workers  int
}

// report sums up. The workers have ended.
func (t *run) report() *Report {
	rep := &Report{Name: t.subject.Name, Peeks: t.peeks, Want: t.subject.together(), Most: t.together()}
	for _, w := range t.workers {
		rep.add(w)
	}
	writes, marked := int64(0), int64(0)
	for _, l := range t.locks {
		for _, g := range l.guards {
			writes += int64(g.data.writes)
			marked += int64(g.marked)
		}
	}
	if t.subject.Limit > 1 {
		return rep
	}
	rep.Lost = rep.Modes[Write].Total - writes
	if rep.Lost == 0 && !t.subject.Racy {
		rep.Lost = rep.Modes[Write].Total - marked
	}
	return rep
}

func (rep *Report) add(w *worker) {
	for mode, n := range w.entered {
		if n > 0 {
			rep.Modes[mode].add(n)
		}
	}
	if w.sections() == 0 {
		rep.Idle++
	}
	if w.fails > 0 && rep.Fails == 0 {
		rep.First = fmt.Sprintf("%s: seen by worker %d, by %s", w.first, w.id, w.by)
	}
	rep.Fails += w.fails
	rep.Missed += w.missed
	rep.Retries += w.retries
	rep.Torn += w.torn
}

func (t *Total) add(n int64) {
	t.Max = max(t.Max, n)
	if t.Workers == 0 || n < t.Min {
		t.Min = n
	}
	t.Total += n
	t.Workers++
}

// since notes what the kernel has done meanwhile.
func (rep *Report) since(a, b gpm.CPUStats) {
	rep.Preemptions = b.Async + b.Sync - a.Async - a.Sync
	rep.Migrations = b.Migrations - a.Migrations
	rep.Interrupts = b.Interrupts - a.Interrupts
}

// Err returns what is wrong, as one error that wraps ErrFail or ErrStuck, or nil.
func (rep *Report) Err() error {
	var wrong []string
	say := func(yes bool, format string, args ...any) {
		if yes {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	say(rep.Fails > 0, "%d failures, the first: %s", rep.Fails, rep.First)
	say(rep.Lost != 0, "%d changes lost", rep.Lost)
	say(rep.Idle > 0, "%d workers never got in", rep.Idle)
	say(rep.Peeks && rep.Torn == 0, "no reader that only peeks has met a change: nothing was validated")
	say(rep.Most < rep.Want, "never %d inside together, but %d at most", rep.Want, rep.Most)
	if wrong == nil {
		return rep.Stuck
	}
	if rep.Stuck != nil {
		wrong = append(wrong, rep.Stuck.Error())
	}
	return fmt.Errorf("%w: %s: %s", ErrFail, rep.Name, strings.Join(wrong, "; "))
}

// String says it as locktorture does.
func (rep *Report) String() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, rep.Name+"-torture: "+format+"\n", args...) }
	bang := ""
	if rep.Fails > 0 || rep.Lost != 0 {
		bang = " !!!"
	}
	for mode, name := range []string{Write: "Writes:", Read: "Reads:", Peek: "Peeks:"} {
		if n := rep.Modes[mode]; n.Workers > 0 {
			line("%-7s Total: %d  Max/Min: %d/%d  Fail: %d%s", name, n.Total, n.Max, n.Min, rep.Fails, bang)
		}
	}
	line("Missed: %d  Retries: %d (torn: %d)  Lost: %d  Together: %d", rep.Missed, rep.Retries, rep.Torn, rep.Lost, rep.Most)
	line("Preempted: %d  Migrated: %d  Interrupts: %d", rep.Preemptions, rep.Migrations, rep.Interrupts)
	end := "SUCCESS"
	if rep.Err() != nil {
		end = "FAILURE"
	}
	line("--- End of test: %s", end)
	return b.String()
}
