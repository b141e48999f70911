//go:build race

package lock

import "github.com/gokern/gokern/preempt"

// Sections inside the locks protect the locks' own data only. So they must not
// tell the race detector what preempt.Disable and Enable tell it, that all
// sections of a CPU are in order: that would hide races of the program's.

func disable() { preempt.AddCount(preempt.PreemptOffset) }

func enable() {
	preempt.SubCount(preempt.PreemptOffset)
	preempt.CheckResched()
}
