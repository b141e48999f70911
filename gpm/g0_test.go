//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"debug/elf"
	"debug/gosym"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/arch/x86/x86asm"

	"github.com/gokern/gokern/internal/goport"
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

// allowed are the functions outside this module that may be called, where the
// walk stops, and why.
var allowed = []struct{ pattern, why string }{
	{`runtime\.morestack(_noctxt)?(\.abi0)?`, "the prologue's, if the stack is full: on g0 that is fatal"},
	{`runtime\.(panic(Index|Slice|Bounds|divide|shift|wrap|nil|Extend|mem|memAddr)\w*|goPanic\w+)(\.abi0)?`, "a bug in the kernel: ends the program"},
	{`runtime\.gcWriteBarrier\d?(\.abi0)?`, "the P's buffer; Go's own code on g0 does it too"},
	{`runtime\.(memmove|memclrNoHeapPointers|duffcopy|duffzero|memequal\w*)(\.abi0)?`, "leaf functions"},
	{`runtime\.(typedmemmove|wbMove|wbZero)(\.abi0)?`, "memmove with write barriers"},
	{`runtime\.checkptr(Alignment|Arithmetic|Straddles)`, "checks a conversion, with -race; ends the program if it is wrong"},
	{`internal/runtime/atomic\.\S+`, "leaf functions"},
	{`math/bits\.\S+`, "leaf functions"},
}

// indirect are the functions that may call through func values or registers, and
// what that is. All that is this module's is a root as well.
var indirect = []struct{ pattern, why string }{
	{port + `goPick`, "Scheduler.Pick; runSafePointFn, which findRunnable calls on g0 as well"},
	{port + `go[A-Z]\w*`, "a field of Scheduler"},
	{port + `(enterPark|leavePark|WakeIdle|wakeSleeper|\(\*Sleeper\)\.WakeOnG0)`, "runtime.ready, for g0"},
	{port + `\(\*Task\)\.Return`, "a field of Scheduler"},
	{here + `(\(\*vcpu\)\.kick|\(\*Kernel\)\.(exited|adopt))`, "runtime.ready, in an inlined WakeIdle or WakeOnG0"},
	{port + `\(\*Task\)\.StartOnG0`, "runtime.newproc1, for the system stack; Scheduler.Wake"},
}

// roots are the functions that run on g0 or in the signal handler, besides the
// assembly of internal/goport and the fields of Scheduler.
var roots = regexp.MustCompile(`^github\.com/gokern/gokern/\S*\wOnG0$|` +
	`^` + regexp.QuoteMeta(port) + `(go[A-Z]\w*|\w+Park|wakeSleeper)$`)

func TestG0Code(t *testing.T) {
	p := loadProgram(t)
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
	for _, name := range []string{port + "hookPark", port + "interrupt", port + "goPick", port + "enterPark", here + "spawnOnG0", here + "pick"} {
		require.True(t, found[name] || found[name+".abi0"], "%s is no root", name)
	}
	t.Logf("%d roots", len(found))
	seen := map[string]bool{}
	for name := range found {
		for _, bad := range p.walk(name, seen) {
			t.Errorf("on g0: %s", bad)
		}
	}
	t.Logf("%d functions", len(seen))
	require.Greater(t, len(seen), len(found))
}

var (
	sinkPointer *int
	sinkMap     map[int]int
	sinkChan    chan int
	sinkFunc    func()
	sinkMutex   sync.Mutex
	sinkSlice   []int
)

//go:noinline
//go:norace
func badAlloc() { sinkPointer = new(int) }

//go:noinline
//go:norace
func badDeep() { badAlloc() }

//go:noinline
//go:norace
func badSlice(n int) { sinkSlice = append(sinkSlice, n) }

//go:noinline
//go:norace
func badMap(n int) { sinkMap[n] = n }

//go:noinline
//go:norace
func badSend() { sinkChan <- 1 }

//go:noinline
//go:norace
func badLock() { sinkMutex.Lock() }

//go:noinline
//go:norace
func badPrint(n int) { fmt.Println(n) }

//go:noinline
//go:norace
func badFunc() { sinkFunc() }

//go:noinline
func badInstrumented() { sinkFunc = nil }

// The walk finds each kind of what it looks for, and says how it got there.
func TestG0CodeCaught(t *testing.T) {
	p := loadProgram(t)
	for _, c := range []struct {
		name string
		root any
		want string
	}{
		{"allocation", badAlloc, `badAlloc -> runtime\.(newobject|mallocgc\w*)`},
		{"by a callee", badDeep, `badDeep -> \S+badAlloc -> runtime\.(newobject|mallocgc\w*)`},
		{"append", badSlice, `badSlice -> runtime\.growslice`},
		{"map", badMap, `badMap -> (runtime|internal/runtime/maps)\.\S*mapassign`},
		{"channel", badSend, `badSend -> runtime\.chansend1`},
		{"mutex", badLock, `badLock -> (sync|internal/sync)\.\(\*Mutex\)\.\w*[lL]ock`},
		{"fmt", badPrint, `fmt\.`},
		{"func value", badFunc, `badFunc calls through a register or memory`},
		{"race detector", badInstrumented, `badInstrumented -> runtime\.race`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "race detector" && p.table.LookupFunc("runtime.racewrite") == nil {
				t.Skip("built without -race")
			}
			name := p.table.PCToFunc(uint64(reflect.ValueOf(c.root).Pointer()) - p.shift).Name
			require.Regexp(t, c.want, strings.Join(p.walk(name, map[string]bool{}), "\n"))
		})
	}
	require.NotEmpty(t, p.walk(here+"noSuchFunction", map[string]bool{}))
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

// program is the machine code of this very program.
type program struct {
	table  *gosym.Table
	memory *os.File
	shift  uint64 // of addresses in memory, less those in table
}

func loadProgram(t *testing.T) *program {
	t.Helper()
	f, err := elf.Open("/proc/self/exe")
	require.NoError(t, err)
	defer f.Close()
	tab := f.Section(".gopclntab")
	if tab == nil {
		tab = f.Section(".data.rel.ro.gopclntab") // position independent
	}
	data, err := tab.Data()
	require.NoError(t, err)
	p := new(program)
	p.table, err = gosym.NewTable(nil, gosym.NewLineTable(data, f.Section(".text").Addr))
	require.NoError(t, err)
	known := p.table.LookupFunc(here + "badAlloc")
	require.NotNil(t, known)
	p.shift = uint64(reflect.ValueOf(badAlloc).Pointer()) - known.Entry
	p.memory, err = os.Open("/proc/self/mem")
	require.NoError(t, err)
	t.Cleanup(func() { p.memory.Close() })
	return p
}

// code returns the instructions of f.
func (p *program) code(f *gosym.Func) []byte {
	b := make([]byte, f.End-f.Entry)
	if _, err := p.memory.ReadAt(b, int64(f.Entry+p.shift)); err != nil {
		panic(err) // our own text
	}
	return b
}

// assembly reports whether f is written in assembly.
func (p *program) assembly(f *gosym.Func) bool {
	file, _, _ := p.table.PCToLine(f.Entry)
	return path.Ext(file) == ".s"
}

// walk follows the calls from function root and returns what it must not reach,
// each with the path there. It does not enter functions already seen.
func (p *program) walk(root string, seen map[string]bool) (bad []string) {
	f := p.table.LookupFunc(root)
	if f == nil {
		return []string{root + " is a root, and not in the program"}
	}
	var visit func(f *gosym.Func, path string)
	visit = func(f *gosym.Func, path string) {
		if seen[f.Name] {
			return
		}
		seen[f.Name] = true
		callees, through := p.calls(f)
		if through && !p.mayCallThrough(f) {
			bad = append(bad, path+" calls through a register or memory")
		}
		for _, callee := range callees {
			to := path + " -> " + callee.Name
			switch {
			case strings.HasPrefix(callee.Name, gokern):
				visit(callee, to)
			case !isAllowed(callee.Name):
				bad = append(bad, to)
			}
		}
	}
	visit(f, root)
	return bad
}

// calls returns the functions that f calls or jumps to directly, and whether it
// does so through a register or memory as well.
func (p *program) calls(f *gosym.Func) (callees []*gosym.Func, through bool) {
	code := p.code(f)
	for i := 0; i < len(code); {
		inst, err := x86asm.Decode(code[i:], 64)
		if err != nil { // an instruction x86asm does not know, or padding
			i++
			continue
		}
		next := f.Entry + uint64(i+inst.Len)
		i += inst.Len
		rel, direct := inst.Args[0].(x86asm.Rel)
		if !direct {
			through = through || inst.Op == x86asm.CALL || inst.Op == x86asm.JMP && p.assembly(f)
			continue // in Go a JMP through a register is a switch
		}
		to := next + uint64(int64(rel))
		if callee := p.table.PCToFunc(to); callee != nil && callee != f && callee.Entry == to && !slices.Contains(callees, callee) {
			callees = append(callees, callee)
		}
	}
	return callees, through
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
