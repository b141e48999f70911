package kerneltest

import (
	"testing"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/preempt"
)

// Bugs is what the last Bug said; a test may clear it.
type Bugs struct{ What, Caller atomic.String }

// NoteBugs has each Bug noted, instead of a panic, until the test ends.
func NoteBugs(t testing.TB) *Bugs {
	b := new(Bugs)
	old := preempt.SetBugHandler(func(bug *preempt.Bug) {
		b.Caller.Store(bug.Caller)
		b.What.Store(bug.What) // last: it is what tests wait for
	})
	t.Cleanup(func() { preempt.SetBugHandler(old) })
	return b
}
