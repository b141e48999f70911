package check

import (
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gokern/gokern/"

// core lists the core packages from the bottom up: each may import those before it.
var core = []string{"internal/cpu", "internal/goport", "internal/heap", "preempt", "internal/irq", "signals", "percpu", "internal/readers", "internal/topology", "gpm", "lock/lockdep", "lock/rcu", "lock", "workqueue"}

// modules are what core packages may import from elsewhere.
var modules = []string{"go.uber.org/atomic", "golang.org/x/sys", "golang.org/x/arch"}

const maxSize = 12 << 10

func TestUnsafe(t *testing.T) {
	for _, f := range tree(t) {
		if !slices.Contains(f.imports(), "unsafe") || f.dir() == "internal/cpu" || f.dir() == "internal/goport" {
			continue
		}
		name := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.path), ".go"), "_test")
		if name != "layout" && !strings.HasSuffix(name, "_unsafe") {
			t.Errorf("%s imports unsafe, and is not called *_unsafe.go", f.path)
		}
	}
}

func TestImportsPointDown(t *testing.T) {
	for _, f := range tree(t) {
		level := slices.Index(core, f.dir())
		if level < 0 || f.test() {
			continue
		}
		for _, p := range f.imports() {
			rest, ours := strings.CutPrefix(p, module)
			first, _, _ := strings.Cut(p, "/")
			switch {
			case ours:
				if i := slices.Index(core, rest); i < 0 {
					t.Errorf("%s imports %s, which is no core package", f.path, rest)
				} else if i >= level {
					t.Errorf("%s imports %s, which is not below it", f.path, rest)
				}
			case p == "C":
				t.Errorf("%s uses cgo", f.path)
			case strings.Contains(first, ".") && !slices.ContainsFunc(modules, func(m string) bool { return strings.HasPrefix(p+"/", m+"/") }):
				t.Errorf("%s imports %s, which no core package may", f.path, p)
			}
		}
	}
}

// assembly lists where assembly may be, and what it is needed for.
var assembly = map[string]string{
	"internal/cpu":         "the per-CPU block, by the GS base",
	"internal/goport":      "hooks, switch and interrupt entry",
	"preempt":              "the count, in one instruction",
	"bench/signal_amd64.s": "a signal handler that only counts, to compare with: Go cannot be one",
}

func TestAssembly(t *testing.T) {
	for _, f := range tree(t) {
		if f.ast == nil && assembly[f.dir()] == "" && assembly[f.path] == "" {
			t.Errorf("%s: assembly belongs in internal/cpu, internal/goport and preempt only", f.path)
		}
	}
}

func TestPackageComments(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range tree(t) {
		if f.ast == nil || strings.HasSuffix(f.ast.Name.Name, "_test") {
			continue
		}
		want := "Package " + f.ast.Name.Name + " "
		if f.ast.Name.Name == "main" {
			want = "" // any
		}
		text := f.ast.Doc.Text()
		documented[f.dir()] = documented[f.dir()] || text != "" && strings.HasPrefix(text, want)
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("the package in %s has no comment that says what it is for", dir)
		}
	}
}

func TestFileSizes(t *testing.T) {
	for _, f := range tree(t) {
		if f.size > maxSize && !f.generated() {
			t.Errorf("%s has %d bytes, more than %d: it holds more than one idea", f.path, f.size, maxSize)
		}
	}
}
