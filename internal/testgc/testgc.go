// Package testgc keeps the garbage collector away from tests. For tests only.
package testgc

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// Off turns the collector off until t ends: it stops each task once, so that others may
// run then; and it stops who is waited for in an atomic section, and waits for that.
func Off(t testing.TB) {
	runtime.GC() // one that is under way ends
	old := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(old) })
}
