//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"go/ast"
	"go/build"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

// These tests read the source of the Go that built them: a third source for
// what Resolve found in the running program, and the only one for what no
// machine code shows (testdata/assumptions.txt).

// goSource is package runtime of GOROOT, parsed and type-checked.
type goSource struct {
	files []*ast.File
	pkg   *types.Package
	sizes types.Sizes
}

var readSource = sync.OnceValues(func() (*goSource, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	root := strings.TrimSpace(string(out))
	build.Default.GOROOT = root
	build.Default.CgoEnabled = false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				build.Default.BuildTags = append(build.Default.BuildTags, "race")
			}
		}
	}
	p, err := build.ImportDir(filepath.Join(root, "src", "runtime"), 0)
	if err != nil {
		return nil, err
	}
	src := &goSource{sizes: types.SizesFor("gc", "amd64")}
	fset := token.NewFileSet()
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		src.files = append(src.files, f)
	}
	conf := types.Config{Sizes: src.sizes, Importer: importer.ForCompiler(fset, "source", nil), IgnoreFuncBodies: true}
	src.pkg, err = conf.Check("runtime", fset, src.files, nil)
	return src, err
})

// source returns the runtime's source, and fails if it is not of the Go that
// built this test.
func source(t *testing.T) *goSource {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command, so no GOROOT")
	}
	src, err := readSource()
	if err != nil {
		t.Fatalf("GOROOT's source: %v", err)
	}
	version, err := os.ReadFile(filepath.Join(build.Default.GOROOT, "VERSION"))
	if err != nil {
		t.Skipf("GOROOT has no version, so it may be of another Go: %v", err)
	}
	if line, _, _ := strings.Cut(string(version), "\n"); line != strings.Fields(runtime.Version())[0] {
		t.Fatalf("GOROOT is %s, this program was built by %s", line, runtime.Version())
	}
	return src
}

// field returns a struct's field and its offset.
func (src *goSource) field(t *testing.T, typ, name string) (types.Type, uintptr) {
	t.Helper()
	obj := src.pkg.Scope().Lookup(typ)
	if obj == nil {
		t.Fatalf("the source has no type %s", typ)
	}
	st := obj.Type().Underlying().(*types.Struct)
	var all []*types.Var
	for f := range st.Fields() {
		all = append(all, f)
	}
	for i, offset := range src.sizes.Offsetsof(all) {
		if all[i].Name() == name {
			return all[i].Type(), uintptr(offset)
		}
	}
	t.Fatalf("the source's type %s has no field %s", typ, name)
	return nil, 0
}

// widths are the sizes in bytes with which the port reads and writes fields.
var widths = map[string]int64{
	"g.stack": 16, "g.stackguard0": 8, "g.m": 8, "g.preempt": 1, "g.syncSafePoint": 1, "g.asyncSafePoint": 1,
	"g.coroarg": 8, "g.lockedm": 8, "g.schedlink": 8, "g.syscallsp": 8, "g.goid": 8,
	"coro.mp": 8, "coro.lockedExt": 4, "coro.lockedInt": 4,
	"m.g0": 8, "m.curg": 8, "m.p": 8, "m.locks": 4, "m.lockedg": 8, "m.lockedExt": 4, "m.lockedInt": 4,
	"p.runSafePointFn": 4, "p.preempt": 1, "p.runqhead": 4, "p.runqtail": 4, "p.runnext": 8,
	"gobuf.sp": 8, "gobuf.pc": 8, "gobuf.bp": 8, "stack.lo": 8, "stack.hi": 8, "schedt.gcwaiting": 1,
	"gList.head": 8, "gList.size": 4, "timers.minWhenHeap": 8, "timers.minWhenModified": 8,
}

func TestSourceOffsets(t *testing.T) {
	src := source(t)
	if _, err := Resolve(); err != nil {
		t.Fatal(err)
	}
	var first, eight uintptr = 0, 8
	heap, modified := pTimerHeap-pTimers, pTimerModified-pTimers
	all := append(append([]field{}, firstFields...), fields...)
	all = append(all,
		field{typ: "gobuf", name: "sp", at: &first}, field{typ: "gobuf", name: "pc", at: &gobufPC}, field{typ: "gobuf", name: "bp", at: &gobufBP},
		field{typ: "stack", name: "lo", at: &first}, field{typ: "stack", name: "hi", at: &eight}, // goNoteAtomic
		field{typ: "gList", name: "head", at: &first}, field{typ: "gList", name: "size", at: &eight}, // as this package's gList
		field{typ: "timers", name: "minWhenHeap", at: &heap}, field{typ: "timers", name: "minWhenModified", at: &modified},
		field{typ: "schedt", name: "gcwaiting"}, // only its width: the address is in no source
	)
	for _, f := range all {
		name := f.typ + "." + f.name
		t.Run(name, func(t *testing.T) {
			typ, offset := src.field(t, f.typ, f.name)
			if f.at != nil && offset != *f.at {
				t.Errorf("%s is at %d in the source, the port has %d", name, offset, *f.at)
			}
			if name == "g.sched" {
				return // a struct: see gobuf
			}
			if size := src.sizes.Sizeof(typ); size != widths[name] {
				t.Errorf("%s has %d bytes in the source, the port reads %d (widths)", name, size, widths[name])
			}
		})
	}
}

func TestSourceWorldStop(t *testing.T) {
	src := source(t)
	typ := reflect.TypeFor[worldStop]()
	for i := range typ.NumField() {
		f := typ.Field(i)
		t.Run(f.Name, func(t *testing.T) {
			theirs, offset := src.field(t, "worldStop", f.Name)
			if offset != f.Offset || src.sizes.Sizeof(theirs) != int64(f.Type.Size()) {
				t.Errorf("%d bytes at %d in the source, %d at %d here", src.sizes.Sizeof(theirs), offset, f.Type.Size(), f.Offset)
			}
		})
	}
	if n := src.pkg.Scope().Lookup("worldStop").Type().Underlying().(*types.Struct).NumFields(); n != typ.NumField() {
		t.Errorf("worldStop has %d fields in the source, %d here", n, typ.NumField())
	}
}

func TestSourceConstants(t *testing.T) {
	src := source(t)
	if _, err := Resolve(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]uint64{
		"stackGuard":        uint64(stackGuard),
		"stackPreempt":      ^uint64(1313),
		"_Grunnable":        1,
		"_Grunning":         2,
		"_Gwaiting":         4,
		"_Gscan":            0x1000,
		"sigPreempt":        23,
		"waitReasonZero":    0,
		"traceBlockGeneric": 0,
		"stwUnknown":        0,
	} {
		t.Run(name, func(t *testing.T) {
			c, ok := src.pkg.Scope().Lookup(name).(*types.Const)
			if !ok {
				t.Fatalf("the source has no constant %s", name)
			}
			if got, exact := constant.Uint64Val(constant.ToInt(c.Val())); !exact || got != want {
				t.Errorf("%s is %v in the source, the port has %d", name, c.Val(), want)
			}
		})
	}
}

func TestSourceAssumptions(t *testing.T) {
	src := source(t)
	text, err := os.ReadFile("testdata/assumptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	funcs := map[string][]string{} // the events of each
	for _, f := range src.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Body != nil {
				funcs[fn.Name.Name] = events(fn.Body)
			}
		}
	}
	for _, paragraph := range strings.Split(strings.TrimSpace(string(text)), "\n\n")[1:] {
		lines := strings.Split(paragraph, "\n")
		if len(lines) != 3 {
			t.Fatalf("not three lines: %q", paragraph)
		}
		where, claim, how := lines[0], lines[1], lines[2]
		t.Run(where+": "+claim, func(t *testing.T) {
			if what, ok := strings.CutPrefix(where, "calls of "); ok {
				checkUsers(t, funcs, func(e string) bool { return strings.HasPrefix(e, what+"(") }, how)
			} else if what, ok := strings.CutPrefix(where, "uses of "); ok {
				checkUsers(t, funcs, func(e string) bool { return strings.Contains(e, what) }, how)
			} else if where == "signature" {
				checkSignature(t, src, how)
			} else {
				checkOrder(t, funcs, strings.Fields(where), how)
			}
		})
	}
}

func checkSignature(t *testing.T, src *goSource, want string) {
	name, _, _ := strings.Cut(want, "(")
	obj, ok := src.pkg.Scope().Lookup(name).(*types.Func)
	if !ok {
		t.Fatalf("the source has no function %s", name)
	}
	list := func(vars *types.Tuple) string {
		var all []string
		for v := range vars.Variables() {
			all = append(all, types.TypeString(v.Type(), func(p *types.Package) string {
				if p == src.pkg {
					return ""
				}
				return p.Name()
			}))
		}
		return strings.Join(all, ", ")
	}
	sig := obj.Signature()
	if got := strings.TrimSpace(name + "(" + list(sig.Params()) + ") " + list(sig.Results())); got != want {
		t.Errorf("the source has %s, the port uses %s", got, want)
	}
}

// checkUsers checks that the functions with an event that match accepts are
// those that list names.
func checkUsers(t *testing.T, funcs map[string][]string, match func(event string) bool, list string) {
	var found []string
	for name, have := range funcs {
		if slices.ContainsFunc(have, match) {
			found = append(found, name)
		}
	}
	for _, want := range strings.Fields(list) {
		name, optional := strings.CutSuffix(want, "?")
		i := slices.Index(found, name)
		if i >= 0 {
			found = slices.Delete(found, i, i+1)
		} else if !optional {
			t.Errorf("not in %s", name)
		}
	}
	for _, name := range found {
		t.Errorf("also in %s", name)
	}
}

// checkOrder checks that a function, the first of names that exists, has the
// events of list in their order.
func checkOrder(t *testing.T, funcs map[string][]string, names []string, list string) {
	i := slices.IndexFunc(names, func(name string) bool { return funcs[name] != nil })
	if i < 0 {
		t.Fatalf("the source has no function %v", names)
	}
	have := funcs[names[i]]
	at := 0
	for _, want := range strings.Split(list, "; ") {
		pattern, optional := strings.CutSuffix(want, "?")
		pattern, next := strings.CutPrefix(pattern, "next ")
		re := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
		first := slices.IndexFunc(have, re.MatchString)
		if next && at < len(have) && re.MatchString(have[at]) {
			first = at
		}
		switch {
		case first < 0 && optional:
			continue
		case first < 0:
			t.Fatalf("no %q in:\n%s", pattern, strings.Join(have, "\n"))
		case first < at:
			t.Fatalf("%q comes too early in:\n%s", pattern, strings.Join(have, "\n"))
		case next && first > at:
			t.Fatalf("%q comes after %q in:\n%s", pattern, have[at:first], strings.Join(have, "\n"))
		}
		at = first + 1
	}
}

// events lists what a function does, closures included, in the order of the
// source: a call after the calls in its arguments, an assignment after those in
// what it assigns.
func events(body *ast.BlockStmt) (list []string) {
	exprs := func(es []ast.Expr) string {
		var all []string
		for _, e := range es {
			all = append(all, types.ExprString(e))
		}
		return strings.Join(all, ", ")
	}
	var visit func(ast.Node)
	visit = func(n ast.Node) {
		ast.Inspect(n, func(c ast.Node) bool {
			if c == n || c == nil {
				return true
			}
			if s, ok := c.(*ast.IfStmt); ok { // the condition comes before the body
				if s.Init != nil {
					visit(&ast.BlockStmt{List: []ast.Stmt{s.Init}})
				}
				visit(&ast.ParenExpr{X: s.Cond})
				list = append(list, "if "+types.ExprString(s.Cond))
				visit(s.Body)
				if s.Else != nil {
					visit(&ast.BlockStmt{List: []ast.Stmt{s.Else}})
				}
				return false
			}
			visit(c)
			switch c := c.(type) {
			case *ast.CallExpr:
				list = append(list, types.ExprString(c))
			case *ast.AssignStmt:
				list = append(list, exprs(c.Lhs)+" "+c.Tok.String()+" "+exprs(c.Rhs))
			case *ast.IncDecStmt:
				list = append(list, types.ExprString(c.X)+c.Tok.String())
			case *ast.BranchStmt:
				if c.Label != nil {
					list = append(list, c.Tok.String()+" "+c.Label.Name)
				}
			case *ast.ReturnStmt:
				list = append(list, strings.TrimSpace("return "+exprs(c.Results)))
			}
			return false
		})
	}
	visit(body)
	return list
}
