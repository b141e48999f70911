//go:build linux && amd64 && go1.25 && !go1.28

package goport

import "fmt"

// Offsets of runtime struct fields and addresses of its variables and
// functions, filled in by Resolve before anything is patched. The assembly
// reads them, so they are plain words.
var (
	gStackLo, gGuard0, gM, gSched, gPreempt, gCoroarg, gLockedm, gSchedlink, gGoid, gSyncSafe, gAsyncSafe, gSyscallSP uintptr

	mG0, mCurg, mP, mLocks, mLockedExt, mLockedInt, mLockedg uintptr

	gobufPC, gobufBP uintptr // in g.sched; its sp is first

	pSafePointFn, pPreempt, pRunqHead, pRunqTail, pRunNext, pTimers, pTimerHeap, pTimerModified uintptr

	varGCWaiting uintptr // address of sched.gcwaiting
	stackGuard   uintptr // distance of g.stackguard0 from g.stack.lo

	pcSystemstack, pcGogo, pcFindRunnable, pcExecute, pcCasgstatus, pcCasGToPreemptScan, pcLock                                                          uintptr
	pcRunqput, pcGoschedImpl, pcGdestroy, pcSchedule, pcReady, pcProcresize, pcMcall, pcIsSystem                                                         uintptr
	pcBeforeFork, pcAfterFork, pcTimersCheck, pcRunSafePointFn, pcNewproc1, pcGopark, pcNanotime, pcIsBubbled, pcGCAssist, pcGCStart, pcNetpoll, pcWakep uintptr

	// Bytes of the CALL wakep after ready's CALL runqput and of that after
	// newproc's, with its condition; 0 if it is not there.
	wakepSkip, newprocSkip uintptr
)

// field is one struct offset and its second source: function user, in whose
// code the offset stands as a displacement.
type field struct {
	typ, name string
	at        *uintptr
	user      []string // any of these; which exist differs by version and build
}

var fields = []field{
	{"g", "stackguard0", &gGuard0, []string{"runtime.execute"}},
	{"g", "m", &gM, []string{"runtime.execute"}},
	{"g", "sched", &gSched, []string{"runtime.newproc1"}},
	{"g", "preempt", &gPreempt, []string{"runtime.execute"}},
	{"g", "syncSafePoint", &gSyncSafe, []string{"runtime.execute"}},
	{"g", "asyncSafePoint", &gAsyncSafe, []string{"runtime.asyncPreempt2"}},
	{"g", "coroarg", &gCoroarg, []string{"runtime.coroswitch_m"}},
	{"g", "lockedm", &gLockedm, []string{"runtime.coroswitch_m"}},
	{"g", "schedlink", &gSchedlink, []string{"runtime.runqputslow", "runtime.globrunqput", "runtime.goschedImpl"}},
	{"g", "syscallsp", &gSyscallSP, []string{"runtime.exitsyscall"}},
	{"g", "goid", &gGoid, []string{"runtime.newproc1"}},
	{"m", "curg", &mCurg, []string{"runtime.execute"}},
	{"m", "p", &mP, []string{"runtime.schedule"}},
	{"m", "locks", &mLocks, []string{"runtime.schedule"}},
	{"m", "lockedg", &mLockedg, []string{"runtime.schedule"}},
	{"m", "lockedExt", &mLockedExt, []string{"runtime.coroswitch_m"}},
	{"m", "lockedInt", &mLockedInt, []string{"runtime.coroswitch_m"}},
	{"p", "runSafePointFn", &pSafePointFn, []string{"runtime.runSafePointFn"}},
	{"p", "preempt", &pPreempt, []string{"runtime.schedule"}},
	{"p", "runqhead", &pRunqHead, []string{"runtime.schedule", "runtime.runqget", "runtime.runqput"}},
	{"p", "runqtail", &pRunqTail, []string{"runtime.schedule", "runtime.runqget", "runtime.runqput"}},
	{"p", "runnext", &pRunNext, []string{"runtime.schedule", "runtime.runqget", "runtime.runqput"}},
}

// Fields that are known to be first, and are checked to be.
var firstFields = []field{
	{"g", "stack", &gStackLo, nil},
	{"m", "g0", &mG0, nil},
}

// symbol is one function that is called, or whose calls are retargeted.
type symbol struct {
	names []string // the first of these that exists
	at    *uintptr

	optional bool // a program that does not use it has none
}

var functions = []symbol{
	{[]string{"runtime.systemstack.abi0", "runtime.systemstack"}, &pcSystemstack, false},
	{[]string{"runtime.gogo.abi0", "runtime.gogo"}, &pcGogo, false},
	{[]string{"runtime.mcall"}, &pcMcall, false},
	{[]string{"runtime.findRunnable"}, &pcFindRunnable, false},
	{[]string{"runtime.execute"}, &pcExecute, false},
	{[]string{"runtime.casgstatus"}, &pcCasgstatus, false},
	{[]string{"runtime.casGToPreemptScan"}, &pcCasGToPreemptScan, false},
	{[]string{"runtime.runqput"}, &pcRunqput, false},
	{[]string{"runtime.goschedImpl"}, &pcGoschedImpl, false},
	{[]string{"runtime.gdestroy"}, &pcGdestroy, false},
	{[]string{"runtime.schedule"}, &pcSchedule, false},
	{[]string{"runtime.ready"}, &pcReady, false},
	{[]string{"runtime.procresize"}, &pcProcresize, false},
	{[]string{"runtime.isSystemGoroutine"}, &pcIsSystem, false},
	{[]string{"runtime.runSafePointFn"}, &pcRunSafePointFn, false},
	{[]string{"runtime.newproc1"}, &pcNewproc1, false},
	{[]string{"runtime.gcAssistAlloc"}, &pcGCAssist, false},
	{[]string{"runtime.gcStart"}, &pcGCStart, false},
	{[]string{"runtime.gopark"}, &pcGopark, false},
	{[]string{"time.runtimeNano"}, &pcNanotime, false}, // nanotime itself is inlined
	{[]string{"time.runtimeIsBubbled"}, &pcIsBubbled, true},
	{[]string{"runtime.(*timers).check"}, &pcTimersCheck, false},
	{[]string{"runtime.netpoll"}, &pcNetpoll, false},
	{[]string{"runtime.wakep"}, &pcWakep, false},
	{[]string{"syscall.runtime_BeforeFork"}, &pcBeforeFork, true},
	{[]string{"syscall.runtime_AfterFork"}, &pcAfterFork, true},
}

// resolveFunctions finds every function.
func resolveFunctions(s *symbols, r *Report) error {
	for _, f := range functions {
		for _, name := range f.names {
			if pc, _, ok := s.bounds(name); ok {
				*f.at = pc
				r.add("symbol", name, fmt.Sprintf("%#x", pc-s.slide), ".gopclntab")
				break
			}
		}
		if *f.at == 0 && !f.optional {
			return fmt.Errorf("function %s is missing", f.names[0])
		}
	}
	return nil
}

// resolveTimers finds p.timers, a struct that a pointer is made to.
func resolveTimers(s *symbols, r *Report) error {
	t, err := runtimeType(s, "p")
	if err != nil {
		return err
	}
	sf, ok := t.FieldByName("timers")
	if !ok || !usesOffset(s, "runtime.findRunnable", int64(sf.Offset)) {
		return fmt.Errorf("p.timers is not where findRunnable uses it")
	}
	pTimers = sf.Offset
	r.add("offset", "p.timers", fmt.Sprint(sf.Offset), "type data; code of runtime.findRunnable")
	user := "runtime.(*timers).wakeTime"
	if _, _, ok := s.bounds(user); !ok {
		user = "runtime.(*timers).check" // where it is inlined
	}
	for name, at := range map[string]*uintptr{"minWhenHeap": &pTimerHeap, "minWhenModified": &pTimerModified} {
		when, ok := sf.Type.FieldByName(name)
		if !ok || !usesOffset(s, user, int64(when.Offset)) {
			return fmt.Errorf("timers.%s is not where %s uses it", name, user)
		}
		*at = pTimers + when.Offset
		r.add("offset", "timers."+name, fmt.Sprint(when.Offset), "type data; code of "+user)
	}
	return nil
}

// resolveOffsets finds every offset in the runtime's type data and again in
// the machine code that uses the field.
func resolveOffsets(s *symbols, r *Report) error {
	for _, f := range firstFields {
		t, err := runtimeType(s, f.typ)
		if err != nil {
			return err
		}
		if t.Field(0).Name != f.name {
			return fmt.Errorf("runtime.%s starts with field %s, want %s", f.typ, t.Field(0).Name, f.name)
		}
		*f.at = 0
		r.add("offset", f.typ+"."+f.name, "0", "type data")
	}
	g, err := runtimeType(s, "g")
	if err != nil {
		return err
	}
	buf, _ := g.FieldByName("sched")
	for name, at := range map[string]*uintptr{"sp": nil, "pc": &gobufPC, "bp": &gobufBP} {
		sf, ok := buf.Type.FieldByName(name)
		if !ok || name == "sp" && sf.Offset != 0 || !usesOffset(s, "runtime.mcall", int64(buf.Offset+sf.Offset)) {
			return fmt.Errorf("runtime.gobuf.%s is not where mcall stores it", name)
		}
		if at != nil {
			*at = sf.Offset
		}
		r.add("offset", "gobuf."+name, fmt.Sprint(sf.Offset), "type data; code of runtime.mcall")
	}
	for _, f := range fields {
		t, err := runtimeType(s, f.typ)
		if err != nil {
			return err
		}
		sf, ok := t.FieldByName(f.name)
		if !ok {
			return fmt.Errorf("runtime.%s has no field %s", f.typ, f.name)
		}
		used := ""
		for _, user := range f.user {
			if usesOffset(s, user, int64(sf.Offset)) {
				used = user
			}
		}
		if used == "" {
			return fmt.Errorf("offset %d of runtime.%s.%s is not in the code of %v", sf.Offset, f.typ, f.name, f.user)
		}
		*f.at = sf.Offset
		r.add("offset", f.typ+"."+f.name, fmt.Sprint(sf.Offset), "type data; code of "+used)
	}
	return nil
}
