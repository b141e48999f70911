package percpu_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/preempt"
)

func TestMain(m *testing.M) { leak.Main(m) }

var kernel, spawn, wait, in = kerneltest.Boot, kerneltest.Spawn, kerneltest.Wait, kerneltest.In

// caught runs fn with a handler and returns the Bugs it was called for.
func caught(fn func()) (bugs []*preempt.Bug) {
	old := preempt.SetBugHandler(func(b *preempt.Bug) { bugs = append(bugs, b) })
	defer preempt.SetBugHandler(old)
	fn()
	return bugs
}

// oneBug runs fn, which must raise one BUG that says what, and name this test's
// code as its caller.
func oneBug(t testing.TB, what string, fn func()) {
	t.Helper()
	bugs := caught(fn)
	if len(bugs) != 1 {
		t.Errorf("%d BUGs, want one that says %q: %v", len(bugs), what, bugs)
		return
	}
	require.Contains(t, bugs[0].What, what)
	require.Contains(t, bugs[0].Caller, "_test.go")
}
