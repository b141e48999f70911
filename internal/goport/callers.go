//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// A profile may have the compiler inline what no certified build inlines, for
// example schedule into park_m. Then a copy of a hooked call stands in a function
// that no table lists: a way around the kernel. A copy of any function with hooked
// calls calls something guarded here, so the callers of these tell.

// guarded lists the functions whose callers must be known.
var guarded = []string{
	"runtime.findRunnable", "runtime.execute", "runtime.goschedImpl", "runtime.runqput", "runtime.globrunqput",
	"runtime.casGToPreemptScan", "runtime.gdestroy", "runtime.procresize", "runtime.schedule", "runtime.runqputslow",
}

// maybeInlined may have no callers: certified builds inline it everywhere.
const maybeInlined = "runtime.globrunqput"

// unhooked lists the calls that are left alone, and why. The key is callee and
// caller, without the names and numbers of closures.
var unhooked = map[string]string{
	"runtime.execute park_m":            "undoes a park: the goroutine stays where it was",
	"runtime.execute debugCallWrap":     "a debugger's call",
	"runtime.globrunqput debugCallWrap": "a debugger's call",
	"runtime.runqput synctestRun":       "starts a bubble's first goroutine, which is no task",
	"runtime.procresize schedinit":      "before main",
	"runtime.gdestroy coroswitch_m":     "ends a coroutine, not a task",

	"runtime.runqputslow runqput": "where it belongs: runqput's own callers are known",

	// Where it is no inlined copy globrunqput is called after hookGlobal and
	// hookSysexit, which tasks do not return from.
	"runtime.globrunqput goschedImpl":    "after hookGlobal",
	"runtime.globrunqput exitsyscallNoP": "after hookSysexit",
	"runtime.globrunqput exitsyscall0":   "after hookSysexit",

	// Their calls before schedule are hooked, and schedule's own are.
	"runtime.schedule mstart1":        "a new thread, which is no CPU yet",
	"runtime.schedule goschedImpl":    "after hookGlobal and hookLocal",
	"runtime.schedule preemptPark":    "after hookStop",
	"runtime.schedule goyield_m":      "after hookYield",
	"runtime.schedule exitsyscallNoP": "after hookSysexit",
	"runtime.schedule exitsyscall0":   "after hookSysexit",
}

// caller is a function of the runtime and a guarded function that it calls.
type caller struct{ name, callee string }

func (c caller) String() string { return c.name + " calls " + c.callee }

// certifiedCall reports whether a table lists c.
func certifiedCall(s *symbols, c caller) bool {
	for _, st := range sites {
		for _, in := range st.in {
			if in == c.name && s.at(*st.callee[0]) == c.callee {
				return true
			}
		}
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(c.name, "runtime."), ".")
	return unhooked[c.callee+" "+strings.TrimRight(name, "0123456789")] != "" || unhooked[c.callee+" "+name] != ""
}

// resolveCallers refuses a program in which a function that no table lists calls
// a guarded one, or a guarded one has vanished into its callers. It needs the
// functions' addresses.
func resolveCallers(s *symbols, r *Report) error {
	all := callers(s, guarded)
	called := map[string]bool{maybeInlined: true}
	for _, c := range all {
		if !certifiedCall(s, c) {
			return fmt.Errorf("%v, which no certified build does (a profile for PGO may have inlined it)", c)
		}
		called[c.callee] = true
	}
	for _, name := range guarded {
		if !called[name] {
			return fmt.Errorf("nothing calls %s (a profile for PGO may have inlined it)", name)
		}
	}
	r.add("caller set", fmt.Sprintf("of %d functions", len(guarded)), fmt.Sprint(len(all)), "code of the runtime")
	return nil
}

// callers finds every function of the runtime with a direct call of one of the
// callees. Decoding all of the runtime takes long, so it looks for the bytes of
// such a call, and decodes only functions that seem to have one.
func callers(s *symbols, callees []string) (all []caller) {
	want := map[uintptr]string{}
	low, high := ^uintptr(0), uintptr(0)
	for i := range s.table.Funcs {
		f := &s.table.Funcs[i]
		for _, name := range callees {
			if f.Name == name {
				pc := uintptr(f.Entry) + s.slide
				want[pc], low, high = name, min(low, pc), max(high, pc)
			}
		}
	}
	for i := range s.table.Funcs {
		f := &s.table.Funcs[i]
		if !strings.HasPrefix(f.Name, "runtime.") {
			continue
		}
		seen := map[uintptr]bool(nil)
		start := uintptr(f.Entry) + s.slide
		code := memory(start, uintptr(f.End)+s.slide)
		for at := 0; ; at++ {
			next := bytes.IndexByte(code[at:], 0xe8)
			if at += next; next < 0 || at+5 > len(code) {
				break
			}
			to := start + uintptr(at) + 5 + uintptr(int64(int32(binary.LittleEndian.Uint32(code[at+1:]))))
			if to < low || to > high || want[to] == "" || seen[to] {
				continue
			}
			if len(calls(s, f.Name, to)) == 0 {
				continue // not a call: bytes within other instructions
			}
			if seen == nil {
				seen = map[uintptr]bool{}
			}
			seen[to] = true
			all = append(all, caller{f.Name, want[to]})
		}
	}
	return all
}
