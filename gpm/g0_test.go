//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"debug/gosym"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/readers"
	"github.com/gokern/gokern/signals"
)

// Code on g0 and in the signal handler must not allocate, block, or be
// instrumented by the race detector (internal/goport/doc.go). These tests read
// this program's own machine code: from every function that runs there they
// follow all direct calls, which is what the compiler made of the source, and
// not what the source looks like. Run them with -race too.

const (
	gokern = "github.com/gokern/gokern/"
	port   = gokern + "internal/goport."
	here   = gokern + "gpm."
)

// allowed are the functions that may be called where the walk stops, and why.
var allowed = []struct{ pattern, why string }{
	{`runtime\.morestack(_noctxt)?(\.abi0)?`, "the prologue's, if the stack is full: on g0 that is fatal"},
	{`runtime\.(panic(Index|Slice|Bounds|divide|shift|wrap|nil|Extend|mem|memAddr)\w*|goPanic\w+)(\.abi0)?`, "a bug in the kernel: ends the program"},
	{`runtime\.gcWriteBarrier\d?(\.abi0)?`, "the P's buffer; Go's own code on g0 does it too"},
	{`runtime\.(memmove|memclrNoHeapPointers|duffcopy|duffzero|memequal\w*)(\.abi0)?`, "leaf functions"},
	{`runtime\.(typedmemmove|wbMove|wbZero)(\.abi0)?`, "memmove with write barriers"},
	{`runtime\.checkptr(Alignment|Arithmetic|Straddles)`, "checks a conversion, with -race; ends the program if it is wrong"},
	{gokern + `internal/cpu\.misuse`, "a bug in the kernel: where there is a CPU there is a word"},
	{`internal/runtime/atomic\.\S+`, "leaf functions"},
	{`math/bits\.\S+`, "leaf functions"},
}

// indirect are the functions that may call through func values or registers, and
// what that is. All that is this module's is a root as well.
var indirect = []struct{ pattern, why string }{
	{port + `choose`, "Scheduler.Pick; runSafePointFn, which findRunnable calls on g0 as well"},
	{port + `(go[A-Z]\w*|\(\*Task\)\.Return)`, "a field of Scheduler"},
	{port + `(enterPark|leavePark|goOrdinary|WakeIdle|wakeSleeper|\(\*Sleeper\)\.WakeOnG0)`, "runtime.ready, for g0"},
	{here + `(clock|\(\*class\)\.wakeAgent|\(\*vcpu\)\.(kick|serve|expire|napTime|disarm)|\(\*Kernel\)\.(exited|adopt))`, "runtime.ready, in an inlined WakeIdle, WakeOnG0 or Ready; the clock"},
	{gokern + `internal/irq\.(startOnG0|\(\*Watch\)\.Blocked|linesDueOnG0|\(\*CPU\)\.(Expire|wake|Sleep|insert|LinesDue))`, "irq.Kick: kickOnG0; runtime.ready; the clock"},
	{here + `(sleepPark|lookAtTimersOnG0)`, "runtime.ready, in an inlined WakeOnG0; the clock"},
	{gokern + `internal/readers\.hurryOnG0`, "readers.Interrupt: interruptReaderOnG0"},
	{port + `\(\*Task\)\.Ready`, "runtime.ready, for g0"},
	{port + `Nanotime`, "time.runtimeNano: on g0 it reads the clock"},
	{port + `(PollNet|readyAll)`, "runtime.netpoll, which findRunnable calls on g0 as well; runtime.ready"},
	{here + `wakeThreadOnG0`, "runtime.wakep, in an inlined WakeThread"},
	{port + `WakeThread`, "runtime.wakep, which ready calls on g0 as well"},
	{port + `CheckTimers`, "runtime.(*timers).check, which findRunnable calls on g0 as well"},
	{port + `\(\*Task\)\.StartOnG0`, "runtime.newproc1, for the system stack; Scheduler.Wake"},
}

// roots are the functions that run on g0 or in the signal handler, besides the
// assembly of internal/goport and the fields of Scheduler.
var roots = regexp.MustCompile(`^github\.com/gokern/gokern/\S*\wOnG0$|` +
	`^` + regexp.QuoteMeta(port) + `(go[A-Z]\w*|\w+Park|wakeSleeper)$`)

func TestG0Code(t *testing.T) {
	if testing.CoverMode() == "atomic" {
		t.Skip("the coverage counters are instrumented with -race, on g0 too")
	}
	p := loadProgram(t)
	for _, f := range []func(*readers.Request){(*readers.Request).Snap, (*readers.Request).Step, func(r *readers.Request) { r.Hurry(false) }} {
		f(new(readers.Request)) // what only lock/rcu calls must be in this program too
	}
	for _, f := range []any{(*signals.HRTimer).Start, (*signals.HRTimer).Cancel, (*signals.HRTimer).Active, signals.StopMachine, signals.OnEachCPU, signals.RaiseSoftIRQ, signals.RequestIRQ} {
		runtime.KeepAlive(f) // likewise
	}
	found := map[string]bool{}
	for i := range p.table.Funcs {
		f := &p.table.Funcs[i]
		if strings.HasPrefix(f.Name, port) && p.assembly(f) || roots.MatchString(f.Name) {
			found[f.Name] = true
		}
	}
	for _, name := range schedulerFuncs(t) {
		found[here+name] = true
	}
	// Nothing may drop out unnoticed: one of each kind.
	for _, name := range []string{port + "hookPark", port + "interrupt", port + "line", port + "goPick", port + "enterPark", here + "spawnOnG0", here + "pick", gokern + "internal/readers.stepOnG0", gokern + "internal/irq.startOnG0", gokern + "internal/irq.queueOnG0", gokern + "internal/irq.linesDueOnG0", gokern + "internal/irq.refuseOnG0"} {
		require.True(t, found[name] || found[name+".abi0"], "%s is no root", name)
	}
	t.Logf("%d roots", len(found))
	seen := map[uint64]bool{}
	for name := range found {
		for _, bad := range p.walk(name, seen) {
			t.Errorf("on g0: %s", bad)
		}
	}
	t.Logf("%d functions", len(seen))
	require.Greater(t, len(seen), len(found))
}

// schedulerFuncs returns the functions that the kernel's source puts into a
// goport.Scheduler.
func schedulerFuncs(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if typ, ok := lit.Type.(*ast.SelectorExpr); ok && typ.Sel.Name == "Scheduler" {
				for _, e := range lit.Elts {
					names = append(names, e.(*ast.KeyValueExpr).Value.(*ast.Ident).Name)
				}
			}
			return true
		})
	}
	require.Len(t, names, reflect.TypeFor[goport.Scheduler]().NumField())
	return names
}

// mayCallThrough reports whether f may call through a register or memory. The
// hooks do: originals of what they replace, and go* functions, which are roots.
func (p *program) mayCallThrough(f *gosym.Func) bool {
	if strings.HasPrefix(f.Name, port) && p.assembly(f) {
		return true
	}
	for _, i := range indirect {
		if fullMatch(i.pattern, f.Name) {
			return true
		}
	}
	return false
}

func isAllowed(name string) bool {
	for _, a := range allowed {
		if fullMatch(a.pattern, name) {
			return true
		}
	}
	return false
}

func fullMatch(pattern, name string) bool {
	return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(name)
}
