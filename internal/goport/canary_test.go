//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"fmt"
	"strings"
	"testing"
)

// One canary for each thing taken from Go's runtime. Each resolves that thing
// alone and fails with its name, so that a new Go names all that broke, where
// Resolve stops at the first.

func load(t *testing.T) *symbols {
	t.Helper()
	keepCoro()
	s, err := loadSymbols()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lookup resolves a variable of the tables: the name and address of the
// function whose address Resolve will store at at.
func lookup(s *symbols, at *uintptr) (string, uintptr) {
	names := []string{"runtime.lock2", "runtime.lock"}
	if at != &pcLock {
		names = nil
		for _, f := range functions {
			if f.at == at {
				names = f.names
			}
		}
	}
	for _, name := range names {
		pc, _, ok := s.bounds(name)
		if ok && (at != &pcLock || len(calls(s, "runtime.goschedImpl", pc)) > 0) {
			return name, pc
		}
	}
	return "", 0
}

func TestCanarySymbols(t *testing.T) {
	s := load(t)
	for _, f := range functions {
		t.Run(f.names[0], func(t *testing.T) {
			if _, pc := lookup(s, f.at); pc == 0 {
				t.Errorf("the program has no function %s", strings.Join(f.names, " or "))
			}
		})
	}
	// Those that no table lists: they are looked up where they are used.
	for _, name := range []string{
		"reflect.typesByString", "runtime.stopTheWorldGC", "runtime.startTheWorldGC",
		"runtime.gcstopm", "runtime.stopTheWorldWithSema", "runtime.handoffp",
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, ok := s.bounds(name); !ok {
				t.Errorf("the program has no function %s", name)
			}
		})
	}
}

func TestCanaryOffsets(t *testing.T) {
	s := load(t)
	for _, f := range firstFields {
		t.Run(f.typ+"."+f.name, func(t *testing.T) {
			typ, err := runtimeType(s, f.typ)
			if err != nil {
				t.Fatal(err)
			}
			if first := typ.Field(0).Name; first != f.name {
				t.Errorf("runtime.%s starts with field %s, want %s", f.typ, first, f.name)
			}
		})
	}
	for _, f := range fields {
		t.Run(f.typ+"."+f.name, func(t *testing.T) {
			typ, err := runtimeType(s, f.typ)
			if err != nil {
				t.Fatal(err)
			}
			sf, ok := typ.FieldByName(f.name)
			if !ok {
				t.Fatalf("runtime.%s has no field %s", f.typ, f.name)
			}
			for _, user := range f.user {
				if usesOffset(s, user, int64(sf.Offset)) {
					return
				}
			}
			t.Errorf("offset %d of runtime.%s.%s is not in the code of %v", sf.Offset, f.typ, f.name, f.user)
		})
	}
	for _, name := range []string{"sp", "pc", "bp"} {
		t.Run("gobuf."+name, func(t *testing.T) {
			g, err := runtimeType(s, "g")
			if err != nil {
				t.Fatal(err)
			}
			sched, _ := g.FieldByName("sched")
			sf, ok := sched.Type.FieldByName(name)
			if !ok {
				t.Fatalf("runtime.gobuf has no field %s", name)
			}
			if name == "sp" && sf.Offset != 0 {
				t.Errorf("runtime.gobuf.sp is at %d, want 0", sf.Offset)
			}
			if !usesOffset(s, "runtime.mcall", int64(sched.Offset+sf.Offset)) {
				t.Errorf("offset %d of runtime.g.sched.%s is not in the code of mcall", sched.Offset+sf.Offset, name)
			}
		})
	}
}

// The variable, the constant and the lock function have resolvers of their own,
// which need one thing each from the tables.
func TestCanaryOthers(t *testing.T) {
	s := load(t)
	t.Run("sched.gcwaiting", func(t *testing.T) {
		if err := resolveGCWaiting(s, new(Report)); err != nil {
			t.Error(err)
		}
	})
	t.Run("p.timers", func(t *testing.T) {
		if err := resolveTimers(s, new(Report)); err != nil {
			t.Error(err)
		}
	})
	t.Run("netpollWaiters", func(t *testing.T) {
		if err := resolveNetpoll(s, new(Report)); err != nil {
			t.Error(err)
		}
	})
	t.Run("stackGuard", func(t *testing.T) {
		g, err := runtimeType(s, "g")
		if err != nil {
			t.Fatal(err)
		}
		sf, _ := g.FieldByName("stackguard0")
		gGuard0 = sf.Offset
		if err := resolveGuard(s, new(Report)); err != nil {
			t.Error(err)
		}
	})
	t.Run("goschedImpl's lock", func(t *testing.T) {
		_, pcRunqput = lookup(s, &pcRunqput)
		if err := resolveLock(s, new(Report)); err != nil {
			t.Error(err)
		}
	})
}

func TestCanarySites(t *testing.T) {
	s := load(t)
	for _, st := range sites {
		callee, pc := lookup(s, st.callee[0])
		name := fmt.Sprintf("%s to %s", st.in[0], callee)
		if st.nth != 0 && st.of > 1 {
			name += fmt.Sprintf(", number %d", st.nth)
		}
		t.Run(name, func(t *testing.T) {
			if pc == 0 {
				t.Fatal("the callee is missing: see TestCanarySymbols")
			}
			in := siteFunction(s, st)
			if in == "" {
				if st.optional {
					t.Skipf("no function %s in this version or build", st.in[0])
				}
				t.Fatalf("the program has no function %s", strings.Join(st.in, " or "))
			}
			at := calls(s, in, pc)
			if len(at) == 0 && st.optional {
				t.Skipf("%s does not call %s in this version or build", in, callee)
			}
			if len(at) != st.of {
				t.Fatalf("%s calls %s %d times, want %d", in, callee, len(at), st.of)
			}
			hook := st.hook()
			for _, call := range at {
				if d := int64(hook) - int64(call); d != int64(int32(d)) {
					t.Errorf("the hook is %d bytes from the call, over 2 GB", d)
				}
			}
		})
	}
}

// siteFunction returns the function that has the call, "" if there is none.
func siteFunction(s *symbols, st site) string {
	for _, name := range st.in {
		if _, _, ok := s.bounds(name); ok {
			return name
		}
	}
	return ""
}

// TestCanaryCallers finds every call in the runtime of a function that has
// hooked calls: one that is in no table is a way around the kernel.
func TestCanaryCallers(t *testing.T) {
	s := load(t)
	for _, f := range functions {
		_, *f.at = lookup(s, f.at) // TestCanarySymbols says which are missing
	}
	all := callers(s, guarded)
	for _, callee := range guarded {
		t.Run(callee, func(t *testing.T) {
			found := 0
			for _, c := range all {
				if c.callee != callee {
					continue
				}
				found++
				if !certifiedCall(s, c) {
					t.Errorf("%v: in no table", c)
				}
			}
			if found == 0 && callee != maybeInlined {
				t.Errorf("nothing calls %s", callee)
			}
		})
	}
}

// A caller that no table lists is refused, by name, whichever it is.
func TestCallersRefused(t *testing.T) {
	s := load(t)
	if err := resolveFunctions(s, new(Report)); err != nil {
		t.Fatal(err)
	}
	guarded = append(guarded, "runtime.wakep")
	defer func() { guarded = guarded[:len(guarded)-1] }()
	err := resolveCallers(s, new(Report))
	if err == nil || !strings.Contains(err.Error(), "calls runtime.wakep") {
		t.Errorf("calls of runtime.wakep are in no table, and resolveCallers says: %v", err)
	}
}

func BenchmarkResolveCallers(b *testing.B) {
	s, err := loadSymbols()
	if err != nil {
		b.Fatal(err)
	}
	if err := resolveFunctions(s, new(Report)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := resolveCallers(s, new(Report)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	for b.Loop() {
		if _, err := Resolve(); err != nil {
			b.Fatal(err)
		}
	}
}
