//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"fmt"

	"golang.org/x/arch/x86/x86asm"
)

// site is one place of the runtime's text whose call is retargeted.
type site struct {
	in     []string   // the function that has it: the first of these that exists; none: see optional
	callee []*uintptr // what it calls: the first of these that has calls there
	of     int        // how many such calls the function has, 0: one or more
	nth    int        // which of them is meant, from 1; 0: all
	hook   func() uintptr

	optional bool // absent in some certified versions or builds
	every    bool // each call of the callee in the runtime, one or more; in, of and nth are not used
}

// sites is the whole of what is changed in the runtime. The comments name the
// condition of each call and what the hook does there.
var sites = []site{
	// schedule() looks for work: on a kernel CPU the kernel's pick finds it.
	{in: fns("schedule"), callee: to(&pcFindRunnable), of: 1, nth: 1, hook: hookFindPC},
	// schedule() comes back from stoplockedm: the thread has its goroutine, and a P, again.
	{in: fns("schedule"), callee: to(&pcExecute), of: 2, nth: 1, hook: hookResumePC},
	// schedule() runs what was found: a task must not run on an ordinary thread.
	{in: fns("schedule"), callee: to(&pcExecute), of: 2, nth: 2, hook: hookExecutePC},

	// Gosched and preemption, before anything has changed.
	{in: fns("gosched_m"), callee: to(&pcGoschedImpl), of: 1, nth: 1, hook: hookGoschedPC},
	{in: fns("goschedguarded_m"), callee: to(&pcGoschedImpl), of: 1, nth: 1, hook: hookGoschedPC, optional: true},
	{in: fns("gopreempt_m"), callee: to(&pcGoschedImpl), of: 1, nth: 1, hook: hookGoschedPC, optional: true},
	{in: fns("newstack"), callee: to(&pcGoschedImpl), of: 1, nth: 1, hook: hookGoschedPC, optional: true},
	{in: fns("asyncPreempt2.func1"), callee: to(&pcGoschedImpl), of: 1, nth: 1, hook: hookGoschedPC, optional: true},
	// The goroutine is _Grunnable and off its M: the kernel's queue, not Go's.
	{in: fns("goschedImpl"), callee: to(&pcLock), of: 1, nth: 1, hook: hookGlobalPC},
	{in: fns("goschedImpl"), callee: to(&pcRunqput), of: 1, nth: 1, hook: hookLocalPC, optional: true}, // since go1.26, when the world stops
	{in: fns("goyield_m"), callee: to(&pcRunqput), of: 1, nth: 1, hook: hookYieldPC},

	// A goroutine blocks: mark it before anyone can wake it.
	{in: fns("park_m"), callee: to(&pcCasgstatus), of: 2, nth: 0, hook: hookParkPC},
	{in: fns("preemptPark"), callee: to(&pcCasGToPreemptScan), of: 1, nth: 1, hook: hookStopPC},
	// It has blocked, or ended: the next one.
	{in: fns("park_m"), callee: to(&pcSchedule), of: 1, nth: 1, hook: hookNextPC},
	{in: fns("goexit0"), callee: to(&pcSchedule), of: 1, nth: 1, hook: hookNextPC},
	// It is woken.
	{in: fns("ready"), callee: to(&pcRunqput), of: 1, nth: 1, hook: hookReadyPC},
	// It ends.
	{in: fns("goexit0"), callee: to(&pcGdestroy), of: 1, nth: 1, hook: hookExitPC},
	// It starts another.
	{in: fns("newproc.func1"), callee: to(&pcRunqput), of: 1, nth: 1, hook: hookNewprocPC},

	// It comes back from a system call and finds no P: it waits for one with its thread.
	{in: fns("exitsyscallNoP", "exitsyscall0"), callee: to(&pcCasgstatus), of: 1, nth: 1, hook: hookSysexitPC},
	{in: fns("exitsyscallNoP", "exitsyscall0"), callee: to(&pcExecute), of: 2, nth: 0, hook: hookResumePC},

	// Go asks the network poller: tasks that it finds go straight to the kernel.
	{in: fns("findRunnable"), callee: to(&pcNetpoll), of: 2, nth: 0, hook: hookNetpollPC},
	{in: fns("sysmon"), callee: to(&pcNetpoll), of: 1, nth: 1, hook: hookNetpollPC},
	{in: fns("startTheWorldWithSema"), callee: to(&pcNetpoll), of: 1, nth: 1, hook: hookNetpollPC},
	{in: fns("pollWork"), callee: to(&pcNetpoll), of: 1, nth: 1, hook: hookNetpollPC, optional: true},

	// The number of Ps changes: leave one for each kernel CPU and one for Go.
	{in: fns("startTheWorldWithSema"), callee: to(&pcProcresize), of: 1, nth: 1, hook: hookProcresizePC},
	{in: fns("newcoro"), callee: to(&pcSystemstack), of: 1, nth: 1, hook: hookNewcoroPC},
	// A coroutine switch: one created in a task may be resumed on another thread.
	{in: fns("coroswitch"), callee: to(&pcMcall), of: 1, nth: 1, hook: hookCoroPC},
	{in: fns("coroexit"), callee: to(&pcMcall), of: 1, nth: 1, hook: hookCoroPC, optional: true},
	// A child process shall not inherit the CPU's affinity and slices.
	{in: []string{"syscall.forkAndExecInChild1"}, callee: to(&pcBeforeFork), of: 1, nth: 1, hook: hookBeforeForkPC, optional: true},
	{in: []string{"syscall.forkAndExecInChild"}, callee: to(&pcAfterFork), of: 1, nth: 1, hook: hookAfterForkPC, optional: true},
	{in: fns("corostart.deferwrap1"), callee: to(&pcMcall), of: 1, nth: 1, hook: hookCoroPC, optional: true},
}

// mallocSites are calls of what may block inside an allocation: a task in an
// atomic section allocates too, but must not block. They are in every copy of
// mallocgc that the compiler makes. (runtime.GC is no allocation: it would wait
// for a collection that has not been started.)
var mallocSites = []site{
	{callee: to(&pcGCAssist), hook: hookGCAssistPC, every: true},
	{callee: to(&pcGCStart), hook: hookGCStartPC, every: true},
}

func fns(names ...string) []string {
	for i := range names {
		names[i] = "runtime." + names[i]
	}
	return names
}

func to(callees ...*uintptr) []*uintptr { return callees }

// patch is one displacement to change.
type patch struct {
	call     uintptr // address of the CALL
	original uintptr
	hook     uintptr
}

// resolveSites finds every call site and checks that each is what the table
// says. Among the optional ones at least one way from newstack to goschedImpl
// must exist.
func resolveSites(s *symbols, r *Report) (found []patch, err error) {
	toGosched := 0
	for _, st := range sites {
		in := ""
		for _, name := range st.in {
			if _, _, ok := s.bounds(name); ok {
				in = name
				break
			}
		}
		if in == "" {
			if st.optional {
				continue
			}
			return nil, fmt.Errorf("call site: no function %s", st.in[0])
		}
		callee := *st.callee[0]
		if callee == 0 && st.optional {
			continue
		}
		at := calls(s, in, callee)
		if len(at) == 0 && st.optional {
			continue
		}
		if len(at) != st.of {
			return nil, fmt.Errorf("call site: %s calls %s %d times, want %d", in, s.at(callee), len(at), st.of)
		}
		for i, pc := range at {
			if st.nth != 0 && i+1 != st.nth {
				continue
			}
			found = append(found, patch{pc, callee, st.hook()})
			r.add("call site", fmt.Sprintf("%s -> %s", in, s.at(callee)), fmt.Sprintf("%#x", pc-s.slide), "code")
		}
		if callee == pcGoschedImpl && (in == "runtime.newstack" || in == "runtime.gopreempt_m") {
			toGosched++
		}
	}
	for _, st := range mallocSites {
		n := len(found)
		name := s.at(*st.callee[0])
		for _, c := range callers(s, []string{name}) {
			if c.name == "runtime.GC" {
				continue
			}
			for _, pc := range calls(s, c.name, *st.callee[0]) {
				found = append(found, patch{pc, *st.callee[0], st.hook()})
			}
		}
		if len(found) == n {
			return nil, fmt.Errorf("call site: nothing calls %s", name)
		}
		r.add("call site", "all callers -> "+name, fmt.Sprintf("%d calls", len(found)-n), "code")
	}
	if toGosched == 0 {
		return nil, fmt.Errorf("call site: no call of goschedImpl for a preemption at a prologue")
	}
	return found, nil
}

// resolveLock finds which lock function goschedImpl calls (lock2, or lock where
// it is not inlined), and how much of ready and of newproc wakes a P after their
// CALL runqput, in the form in which it can be skipped.
func resolveLock(s *symbols, r *Report) error {
	for _, name := range []string{"runtime.lock2", "runtime.lock"} {
		pc, _, ok := s.bounds(name)
		if ok && len(calls(s, "runtime.goschedImpl", pc)) > 0 {
			pcLock = pc
			r.add("symbol", name, fmt.Sprintf("%#x", pc-s.slide), ".gopclntab")
		}
	}
	if pcLock == 0 {
		return fmt.Errorf("goschedImpl calls neither lock2 nor lock")
	}
	wakepSkip = 0
	wakep, _, ok := s.bounds("runtime.wakep")
	at := calls(s, "runtime.ready", pcRunqput)
	if ok && len(at) == 1 && memory(at[0]+5, at[0]+6)[0] == 0xe8 && target(at[0]+5) == wakep {
		wakepSkip = 5
	}
	newprocSkip = 0
	at = calls(s, "runtime.newproc.func1", pcRunqput)
	if ok && len(at) == 1 {
		newprocSkip = conditional(s, "runtime.newproc.func1", at[0]+5, wakep)
	}
	return nil
}

// conditional returns the length of the code at pc, in function name, if it is a
// test and a jump around one call, of callee; else 0.
func conditional(s *symbols, name string, pc, callee uintptr) (length uintptr) {
	var around, call uintptr
	walk(s, name, func(at uintptr, inst x86asm.Inst) bool {
		if at < pc {
			return true
		}
		switch rel, jumps := inst.Args[0].(x86asm.Rel); {
		case inst.Op == x86asm.CMP, inst.Op == x86asm.TEST, inst.Op == x86asm.MOVZX, inst.Op == x86asm.NOP:
			return true
		case inst.Op == x86asm.JE && jumps && around == 0:
			around = at + uintptr(inst.Len) + uintptr(int64(rel))
			return true
		case inst.Op == x86asm.CALL && inst.Len == 5:
			call = at
		}
		return false
	})
	if around == 0 || call == 0 || target(call) != callee || around != call+5 {
		return 0
	}
	return around - pc
}
