//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"

// The hooks: each stands in the place of one call of the runtime (sites.go).
//
// Contract of all of them, unless one says otherwise. Entered by the runtime's
// CALL, on g0, with a P. ABIInternal: arguments in AX, BX, CX; R14 is g0; X15 is
// zero. A hook that finds the call to be none of the kernel's business jumps to
// the original callee with the argument registers as they were; R12, R13, DX,
// DI and SI are free at every site. NOSPLIT because a hook must add nothing to
// what its call site may do, and because it changes nothing before it knows.
//
// Go functions, the runtime's and this package's, are called by ABIInternal. They
// may spill their arguments to the 24 bytes above the return address, so frames
// keep those free. This package's are called through a func value, not by name:
// by name it would be the ABI0 wrapper, which -race instruments.

// This CPU's block, 0 on an ordinary thread, in R12 or CX; see internal/cpu.
#define THIS(reg) \
	LEAQ github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), reg; \
	MOVQ const_blockSelf(reg)(GS*1), reg

// Sets R13, and the zero flag, to what makes this context atomic: preempt_count
// without PREEMPT_ACTIVE and need-resched, and both kinds of masked interrupts.
#define ATOMIC_R13 \
	MOVL Block_Count(R12), R13;  \
	ANDL $0x7effffff, R13;       \
	ORL  Block_IRQOff(R12), R13; \
	ORL  Block_HardOff(R12), R13

// Offsets of cpu.Block: see layout.go.
#define Block_Count const_blockCount
#define Block_IRQOff const_blockIRQOff
#define Block_HardOff const_blockHardOff
#define Block_Reason const_blockReason
#define Block_IdleSwitch const_blockIdleSwitch
#define Block_IdleWake const_blockIdleWake
#define Block_Stuck const_blockStuck
#define Block_Stalled const_blockStalled
#define Block_Leaving const_blockLeaving
#define Block_Current const_blockCurrent
#define Block_Next const_blockNext
#define Block_IdleG const_blockIdleG
#define Block_Need const_blockNeed
#define Block_Async const_blockAsync
#define Block_Sync const_blockSync
#define Block_Yields const_blockYields
#define Block_Parks const_blockParks
#define Block_Stops const_blockStops
#define Block_Deferred const_blockDeferred

// unlocked: R11 = 1 if the M is locked by nothing but the kernel itself
// (m.lockedExt at most 1, m.lockedInt 0), else 0. Leaves R10 = m. Clobbers R9.
TEXT ·unlocked(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ ·gM(SB), R10
	MOVQ (R14)(R10*1), R10
	XORL R11, R11
	MOVQ ·mLockedInt(SB), R9
	CMPL (R10)(R9*1), $0
	JNE  out
	MOVQ ·mLockedExt(SB), R9
	CMPL (R10)(R9*1), $1
	JHI  out
	MOVL $1, R11

out:
	RET

// pinned: R11 = 0 if the goroutine in DI is free to move, else 1. A goroutine
// that has called LockOSThread and UnlockOSThread is free, but Go has kept
// g.lockedm, because the kernel's own lock keeps m.lockedExt above 0: forget it.
// Leaves R10 = m. Clobbers R8, R9.
TEXT ·pinned(SB),NOSPLIT|NOFRAME,$0-0
	XORL R11, R11
	MOVQ ·gLockedm(SB), R8
	CMPQ (DI)(R8*1), $0
	JEQ  out
	CALL ·unlocked(SB)
	XORL $1, R11
	JNE  out
	MOVQ $0, (DI)(R8*1)
	MOVQ ·mLockedg(SB), R9
	MOVQ $0, (R10)(R9*1)

out:
	RET

// stick: locks the goroutine in DI to this thread, so that Go brings it back
// here: the CPU stalls with it. R12 = block. Clobbers R8, R9, R10.
TEXT ·stick(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ ·gM(SB), R10
	MOVQ (R14)(R10*1), R10
	MOVQ ·gLockedm(SB), R8
	MOVQ R10, (DI)(R8*1)
	MOVQ ·mLockedg(SB), R9
	MOVQ DI, (R10)(R9*1)
	MOVL $1, Block_Stuck(R12)
	MOVL $1, Block_Stalled(R12)
	RET

// mark: g.coroarg of the goroutine in AX marks it as the current task, in R13.
// The task's pointer is stored without a write barrier: every task is also in
// the kernel's own list. What was in g.coroarg (a coro whose goroutine has not
// run its first instruction yet) is referenced by whoever resumed it.
// R12 = block. Clobbers DX, DI, SI, R10.
TEXT ·mark(SB),NOSPLIT|NOFRAME,$0-0
	CALL ·account(SB)
	MOVQ AX, Task_g(R13)
	MOVQ ·gCoroarg(SB), DI
	MOVQ (AX)(DI*1), SI
	MOVQ SI, Task_saved(R13)
	MOVQ R13, (AX)(DI*1)
	MOVL Block_Count(R12), SI
	ANDL $const_countActive, SI
	MOVL SI, Task_count(R13)
	RET

// account: ends the turn of the task in R13, which nobody else can run yet: the
// time goes to it, and to Block.Now. R12 = block. Clobbers DX, R10.
TEXT ·account(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ AX, R10
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, const_blockNow(R12)
	SUBQ const_blockSliceStart(R12), AX
	MOVQ AX, const_blockChain(R12)
	SUBQ const_blockCredited(R12), AX
	JLT  2(PC)
	ADDQ AX, Task_cycles(R13)
	MOVL $0, Task_running(R13)
	MOVQ R10, AX
	RET

// schedule() calls findRunnable().
// Results: AX = gp, BX = inheritTime, CX = tryWakeP.
TEXT ·hookFind(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JNZ   ours
	MOVQ  ·pcFindRunnable(SB), R12
	JMP   R12

ours:
	JMP ·find(SB)

TEXT ·find(SB),NOSPLIT,$40-0
	MOVQ R12, 32(SP)
	MOVQ R12, AX
	MOVQ ·pickFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	TESTQ AX, AX
	JZ   idle
	XORL BX, BX
	XORL CX, CX
	RET

idle:
	// Nothing to run, or Go wants the P: the idle goroutine, which owns this
	// thread. ready() makes it runnable with all that belongs to it; hookReady
	// sees IdleWake and queues it nowhere.
	MOVQ 32(SP), R12
	MOVL $1, Block_IdleWake(R12)
	MOVQ Block_IdleG(R12), AX
	XORL BX, BX
	XORL CX, CX
	MOVQ ·pcReady(SB), R13
	CALL R13
	MOVQ 32(SP), R12
	MOVQ Block_IdleG(R12), AX
	MOVQ ·gM(SB), R10
	MOVQ (R14)(R10*1), R10
	MOVQ ·mLockedg(SB), R9
	MOVQ AX, (R10)(R9*1)
	XORL BX, BX
	MOVQ ·pcExecute(SB), R13
	CALL R13
	INT  $3

// schedule() and exitsyscall's slow path call execute(gp, inheritTime) for the
// goroutine that this thread is locked to, after a wait for it or for a P.
// AX = gp, BX = inheritTime.
TEXT ·hookResume(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	MOVL  $0, Block_Stalled(R12)
	CMPQ  AX, Block_IdleG(R12)
	JEQ   orig
	CMPL  Block_Stuck(R12), $0
	JEQ   orig
	MOVL  $0, Block_Stuck(R12)
	CALL  ·unlocked(SB)
	TESTL R11, R11
	JZ    orig
	MOVQ  ·gLockedm(SB), R8
	MOVQ  $0, (AX)(R8*1)
	MOVQ  ·mLockedg(SB), R9
	MOVQ  $0, (R10)(R9*1)

	// execute() forgets a preemption that was asked for while we waited.
	CMPL Block_Need(R12), $0
	JEQ  orig
	ATOMIC_R13
	JNE  orig
	MOVQ AX, Block_Leaving(R12)
	MOVL $const_reasonPreempt, Block_Reason(R12)
	JMP  ·requeue(SB)

orig:
	MOVQ ·pcExecute(SB), R12
	JMP  R12

// schedule() calls execute(gp, inheritTime) for what was found. A marked gp
// runs here only if this CPU's pick has just returned it; else it was woken
// through a queue of Go's (netpoll, timers), and goes to the kernel.
TEXT ·hookExecute(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ  ·gCoroarg(SB), R12
	MOVQ  (AX)(R12*1), R13
	TESTQ R13, R13
	JZ    orig
	MOVQ  $const_taskMagic, DX
	CMPQ  DX, Task_magic(R13)
	JNE   orig
	MOVQ  Task_saved(R13), DX
	MOVQ  DX, (AX)(R12*1)
	MOVQ  $0, Task_saved(R13)
	THIS(CX)
	TESTQ CX, CX
	JZ    divert
	CMPQ  R13, Block_Next(CX)
	JNE   divert

orig:
	MOVQ ·pcExecute(SB), R12
	JMP  R12

divert:
	// Unwind g0 as mcall does: a thread may divert any number of tasks in a row.
	MOVQ ·gSched(SB), R12
	MOVQ (R14)(R12*1), SP
	SUBQ $32, SP
	XORL BP, BP
	MOVQ R13, AX
	MOVQ ·wakeFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	MOVQ ·pcSchedule(SB), R12
	CALL R12
	INT  $3

// gosched_m, newstack and asyncPreempt2 call goschedImpl(gp, preempted).
// AX = gp, BX = preempted. Nothing has changed yet.
TEXT ·hookGosched(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPQ  AX, Block_IdleG(R12)
	JEQ   orig
	ATOMIC_R13
	JNE   atomic
	MOVQ  AX, DI
	CALL  ·pinned(SB)
	TESTL R11, R11
	JNZ   locked
	MOVQ  AX, Block_Leaving(R12)
	TESTB BX, BX
	JNZ   preempted
	TESTL $const_countActive, Block_Count(R12)
	JNZ   scheduled
	INCQ  Block_Yields(R12)
	MOVL  $const_reasonYield, Block_Reason(R12)
	JMP   orig

preempted:
	MOVQ ·gAsyncSafe(SB), R13
	CMPB (AX)(R13*1), $0
	JEQ  prologue
	INCQ Block_Async(R12)
	JMP  byforce

scheduled:
prologue:
	INCQ Block_Sync(R12)

byforce:
	MOVL $const_reasonPreempt, Block_Reason(R12)

orig:
	MOVQ ·pcGoschedImpl(SB), R12
	JMP  R12

locked:
	// Locked to this thread: no other task could run. Only a stopping world,
	// or its own wish, is reason enough to give the P away.
	TESTB BX, BX
	JZ    stall
	MOVQ  ·varGCWaiting(SB), R13
	CMPB  (R13), $0
	JEQ   resume

stall:
	MOVL $1, Block_Stalled(R12)
	JMP  orig

atomic:
	TESTB BX, BX
	JNZ   resume
	CALL  ·noteAtomic(SB)

resume:
	JMP ·resumeTask(SB)

// resumeTask: the goroutine in AX goes on, as newstack lets one go on that must
// not be preempted now; the end of the atomic section sees need-resched.
// R12 = block.
TEXT ·resumeTask(SB),NOSPLIT|NOFRAME,$0-0
	INCQ Block_Deferred(R12)
	ANDL $0x7fffffff, Block_Count(R12)
	MOVQ ·gStackLo(SB), R13
	MOVQ (AX)(R13*1), R13
	ADDQ ·stackGuard(SB), R13
	MOVQ ·gGuard0(SB), DI
	MOVQ R13, (AX)(DI*1)
	MOVQ ·gSyncSafe(SB), DI
	MOVB $0, (AX)(DI*1)
	ADDQ ·gSched(SB), AX
	PUSHQ AX
	PUSHQ $0
	MOVQ ·pcGogo(SB), R12
	JMP  R12

// noteAtomic: keeps AX, BX, CX and R12 and records who blocks while atomic.
TEXT ·noteAtomic(SB),NOSPLIT,$56-0
	MOVQ AX, 24(SP)
	MOVQ BX, 32(SP)
	MOVQ CX, 40(SP)
	MOVQ R12, 48(SP)
	MOVQ AX, BX
	MOVQ R12, AX
	MOVQ ·noteAtomicFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	MOVQ 24(SP), AX
	MOVQ 32(SP), BX
	MOVQ 40(SP), CX
	MOVQ 48(SP), R12
	RET

// depart: keeps AX, BX and CX; R12 = block.
TEXT ·depart(SB),NOSPLIT,$56-0
	MOVQ AX, 24(SP)
	MOVQ BX, 32(SP)
	MOVQ CX, 40(SP)
	MOVQ AX, BX
	MOVQ R12, AX
	MOVQ ·departFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	MOVQ 24(SP), AX
	MOVQ 32(SP), BX
	MOVQ 40(SP), CX
	RET

// awayPark: keeps AX, BX and CX.
TEXT ·awayPark(SB),NOSPLIT,$56-0
	MOVQ AX, 24(SP)
	MOVQ BX, 32(SP)
	MOVQ CX, 40(SP)
	MOVL CX, BX
	MOVQ ·awayParkFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	MOVQ 24(SP), AX
	MOVQ 32(SP), BX
	MOVQ 40(SP), CX
	RET

// stalled: keeps AX, BX, CX and R12 and says that the CPU stays with its task.
TEXT ·stalled(SB),NOSPLIT,$56-0
	MOVQ AX, 24(SP)
	MOVQ BX, 32(SP)
	MOVQ CX, 40(SP)
	MOVQ R12, 48(SP)
	MOVQ R12, AX
	MOVQ ·stalledFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	MOVQ 24(SP), AX
	MOVQ 32(SP), BX
	MOVQ 40(SP), CX
	MOVQ 48(SP), R12
	RET

// goschedImpl locks sched.lock to put the goroutine, which is _Grunnable and
// off its M now, on the global queue. AX = &sched.lock.
TEXT ·hookGlobal(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPQ  Block_Leaving(R12), $0
	JNE   ours

orig:
	MOVQ ·pcLock(SB), R12
	JMP  R12

ours:
	JMP ·requeue(SB)

// goschedImpl calls runqput(pp, gp, true) when the world is stopping.
TEXT ·hookLocal(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPQ  Block_Leaving(R12), $0
	JNE   ours

orig:
	MOVQ ·pcRunqput(SB), R12
	JMP  R12

ours:
	JMP ·requeue(SB)

// goyield_m calls runqput(pp, gp, false): a mutex was handed over.
TEXT ·hookYield(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPQ  BX, Block_IdleG(R12)
	JEQ   orig
	MOVQ  BX, DI
	ATOMIC_R13
	JNE   atomic
	CALL  ·pinned(SB)
	TESTL R11, R11
	JNZ   orig
	INCQ  Block_Yields(R12)
	MOVQ  BX, Block_Leaving(R12)
	MOVL  $const_reasonYield, Block_Reason(R12)
	JMP   ·requeue(SB)

atomic:
	CALL ·stick(SB)

orig:
	MOVQ ·pcRunqput(SB), R12
	JMP  R12

// requeue: the leaving goroutine goes on the kernel's queue; schedule() picks
// the next. R12 = block. Never returns.
TEXT ·requeue(SB),NOSPLIT,$40-0
	MOVQ R12, AX
	MOVQ ·requeueFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	MOVQ ·pcSchedule(SB), R12
	CALL R12
	INT  $3

// park_m calls casgstatus(gp, _Grunning, _Gwaiting), and, if the unlock function
// says no, casgstatus(gp, _Gwaiting, _Grunnable). AX = gp, CX = new.
TEXT ·hookPark(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    ordinary
	CMPL  CX, $1
	JEQ   undo
	CMPQ  AX, Block_IdleG(R12)
	JEQ   idle
	MOVQ  AX, DI
	ATOMIC_R13
	JNE   atomic
	CALL  ·pinned(SB)
	TESTL R11, R11
	JNZ   locked
	MOVQ  Block_Current(R12), R13
	TESTL $const_flagLeaving, Task_flags(R13)
	JNZ   leave
	CALL  ·mark(SB)
	INCQ  Block_Parks(R12)
	MOVL  $const_reasonPark, Block_Reason(R12)

orig:
	MOVQ ·pcCasgstatus(SB), R12
	JMP  R12

leave:
	CALL ·account(SB)
	ANDL $~const_flagLeaving, Task_flags(R13)
	MOVL $const_reasonLeave, Block_Reason(R12)
	JMP  orig

idle:
	// For a task: schedule() must not wait for the idle goroutine. Else it
	// parks as any locked goroutine does, and the P is given away.
	CMPL Block_IdleSwitch(R12), $0
	JEQ  orig
	MOVQ ·gM(SB), R10
	MOVQ (R14)(R10*1), R10
	MOVQ ·mLockedg(SB), R9
	MOVQ $0, (R10)(R9*1)
	JMP  orig

locked:
	// It blocks locked to its thread, on which nothing else may run: the thread
	// goes with it, and the CPU takes another.
	CALL ·depart(SB)
	JMP  orig

ordinary:
	// Perhaps one that went with its thread, and comes back now.
	MOVQ AX, R13
	SHRQ $7, R13
	MOVQ ·awayFilter(SB), R12
	BTQ  R13, R12
	JCC  orig
	CALL ·awayPark(SB)
	JMP  orig

atomic:
	// Scheduling while atomic: the CPU stalls with the task, as it must.
	CALL ·noteAtomic(SB)
	MOVQ AX, DI
	CALL ·stick(SB)
	CALL ·stalled(SB)
	JMP  orig

undo:
	CMPQ AX, Block_IdleG(R12)
	JEQ  orig
	MOVL $0, Block_Stalled(R12)
	CMPL Block_Stuck(R12), $0
	JEQ  unmark
	MOVL $0, Block_Stuck(R12)
	MOVQ ·gM(SB), R10
	MOVQ (R14)(R10*1), R10
	MOVQ ·gLockedm(SB), R8
	MOVQ $0, (AX)(R8*1)
	MOVQ ·mLockedg(SB), R9
	MOVQ $0, (R10)(R9*1)
	JMP  orig

unmark:
	CMPL Block_Reason(R12), $const_reasonPark
	JNE  orig
	MOVL $0, Block_Reason(R12)
	MOVQ Block_Current(R12), R13
	MOVQ const_blockNow(R12), SI
	MOVQ SI, const_blockSliceStart(R12)
	MOVL const_blockID(R12), SI
	INCL SI
	MOVL SI, Task_running(R13)
	MOVQ ·gCoroarg(SB), DI
	MOVQ Task_saved(R13), SI
	MOVQ SI, (AX)(DI*1)
	MOVQ $0, Task_saved(R13)
	JMP  orig

// preemptPark calls casGToPreemptScan(gp, old, new): suspendG wants the
// goroutine stopped; it will make it runnable again by ready(). AX = gp.
TEXT ·hookStop(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPQ  AX, Block_IdleG(R12)
	JEQ   orig
	ATOMIC_R13
	JNE   atomic
	MOVQ  AX, DI
	CALL  ·pinned(SB)
	TESTL R11, R11
	JNZ   locked
	MOVQ  Block_Current(R12), R13
	CALL  ·mark(SB)
	INCQ  Block_Stops(R12)
	MOVL  $const_reasonPark, Block_Reason(R12)

orig:
	MOVQ ·pcCasGToPreemptScan(SB), R12
	JMP  R12

locked:
	MOVL $1, Block_Stalled(R12)
	JMP  orig

atomic:
	JMP ·resumeTask(SB)

// ready calls runqput(pp, gp, next). AX = pp, BX = gp. Any thread.
TEXT ·hookReady(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ  ·gCoroarg(SB), R12
	MOVQ  (BX)(R12*1), R13
	TESTQ R13, R13
	JNZ   marked

plain:
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPL  Block_IdleWake(R12), $0
	JEQ   tail
	CMPQ  BX, Block_IdleG(R12)
	JNE   tail
	MOVL  $0, Block_IdleWake(R12)
	MOVQ  ·wakepSkip(SB), DX
	ADDQ  DX, 0(SP)
	RET

tail:
	// An ordinary goroutine on this P's queue must be stolen by another
	// thread, which is slow to take what is in runnext.
	XORL CX, CX

orig:
	MOVQ ·pcRunqput(SB), R12
	JMP  R12

marked:
	MOVQ $const_taskMagic, DX
	CMPQ DX, Task_magic(R13)
	JNE  plain
	MOVQ Task_saved(R13), DX
	MOVQ DX, (BX)(R12*1)
	MOVQ $0, Task_saved(R13)
	MOVQ ·wakepSkip(SB), DX // the kernel wakes its own CPUs
	ADDQ DX, 0(SP)
	JMP  ·wake(SB)

TEXT ·wake(SB),NOSPLIT,$24-0
	MOVQ R13, AX
	MOVQ ·wakeFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	RET

// goexit0 calls gdestroy(gp). AX = gp.
TEXT ·hookExit(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    ordinary
	CMPQ  AX, Block_IdleG(R12)
	JEQ   orig
	MOVL  $const_reasonExit, Block_Reason(R12)

	// gdestroy ends the thread of a goroutine that ends locked to it. This
	// thread is the CPU's: take the lock back to the kernel's own.
	MOVQ ·gLockedm(SB), R8
	MOVQ $0, (AX)(R8*1)
	MOVQ ·gM(SB), R10
	MOVQ (R14)(R10*1), R10
	MOVQ ·mLockedExt(SB), R9
	MOVL $1, (R10)(R9*1)

orig:
	MOVQ ·pcGdestroy(SB), R12
	JMP  R12

ordinary:
	MOVQ AX, R13
	SHRQ $7, R13
	MOVQ ·awayFilter(SB), R12
	BTQ  R13, R12
	JCC  orig
	JMP  ·awayExit(SB)

TEXT ·awayExit(SB),NOSPLIT,$40-0
	MOVQ AX, 32(SP)
	MOVQ ·awayExitFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	MOVQ 32(SP), AX
	MOVQ ·pcGdestroy(SB), R12
	CALL R12
	RET

// newproc's closure calls runqput(pp, newg, true). BX = newg.
TEXT ·hookNewproc(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	MOVQ  Block_Current(R12), R13
	TESTQ R13, R13
	JZ    tail
	TESTL $const_flagInherit, Task_flags(R13)
	JZ    tail
	MOVQ  ·gM(SB), R10
	MOVQ  (R14)(R10*1), R10
	MOVQ  ·mCurg(SB), R9
	MOVQ  (R10)(R9*1), R10
	TESTQ R10, R10
	JZ    tail
	JMP   ·child(SB)

tail:
	XORL CX, CX // see hookReady

orig:
	MOVQ ·pcRunqput(SB), R12
	JMP  R12

TEXT ·child(SB),NOSPLIT,$64-0
	MOVQ  AX, 32(SP)
	MOVQ  BX, 40(SP)
	MOVQ  R12, 56(SP)
	MOVQ  BX, AX
	XORL  BX, BX
	MOVQ  ·pcIsSystem(SB), R13
	CALL  R13
	TESTB AX, AX
	JNZ   plain          // the garbage collector's workers stay Go's
	MOVQ  56(SP), AX
	MOVQ  40(SP), BX
	MOVQ  ·childFunc(SB), DX
	MOVQ  (DX), R13
	CALL  R13
	RET

plain:
	MOVQ 32(SP), AX
	MOVQ 40(SP), BX
	XORL CX, CX
	MOVQ ·pcRunqput(SB), R12
	CALL R12
	RET

// exitsyscall's slow path calls casgstatus(gp, old, _Grunnable): no P was free.
// AX = gp. On g0 without a P.
TEXT ·hookSysexit(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPQ  AX, Block_IdleG(R12)
	JEQ   orig
	MOVQ  AX, DI
	CALL  ·stick(SB)

orig:
	MOVQ ·pcCasgstatus(SB), R12
	JMP  R12

// startTheWorldWithSema calls procresize(nprocs). AX = nprocs. Any thread.
TEXT ·hookProcresize(SB),NOSPLIT|NOFRAME,$0-0
	MOVL ·minProcs(SB), R12
	CMPL AX, R12
	JGE  orig
	MOVL R12, AX

orig:
	MOVQ ·pcProcresize(SB), R12
	JMP  R12

// newcoro calls systemstack(fn), in which the new coro notes whether its creator
// is locked to its thread: then it may be resumed there only. The kernel's own
// lock of its threads is no business of the coro's, so it is off meanwhile.
// Nothing preempts the goroutine between here and there. ABI0: fn at 8(SP); on
// the goroutine's own stack, R14 = g.
TEXT ·hookNewcoro(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JNZ   ours
	MOVQ  ·pcSystemstack(SB), R12
	JMP   R12

ours:
	JMP ·newcoro(SB)

TEXT ·newcoro(SB),NOSPLIT,$16-8
	MOVQ ·gM(SB), R10
	MOVQ (R14)(R10*1), R10
	MOVQ ·mLockedExt(SB), R9
	DECL (R10)(R9*1)
	MOVQ R10, 8(SP)
	MOVQ fn+0(FP), AX
	MOVQ AX, 0(SP)
	MOVQ ·pcSystemstack(SB), R12
	CALL R12
	MOVQ 8(SP), R10
	MOVQ ·mLockedExt(SB), R9
	INCL (R10)(R9*1)
	RET

// coroswitch and coroexit call mcall(coroswitch_m). AX = the func value; on the
// goroutine's own stack, R14 = g. Any thread. The switch compares the locks of
// thread and coro if g.lockedm is set: pinned forgets it where it is stale.
TEXT ·hookCoro(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	MOVQ  R14, DI
	CALL  ·pinned(SB)

orig:
	MOVQ ·pcMcall(SB), R12
	JMP  R12

// forkAndExecInChild1 calls runtime_BeforeFork(), forkAndExecInChild
// runtime_AfterFork(). On the goroutine's own stack, which must not grow; signals
// are blocked in between. A child process inherits the thread's affinity: it
// shall have the process's, not that of the one CPU.
TEXT ·hookBeforeFork(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPQ  const_blockPin(R12), $0
	JEQ   orig
	JMP   ·beforeFork(SB)

orig:
	MOVQ ·pcBeforeFork(SB), R12
	JMP  R12

TEXT ·beforeFork(SB),NOSPLIT,$0-0
	MOVQ ·pcBeforeFork(SB), R12
	CALL R12
	XORL DI, DI
	MOVQ ·wideLen(SB), SI
	LEAQ ·wideMask(SB), DX
	MOVL $203, AX // sched_setaffinity(0, len, mask)
	SYSCALL
	RET

TEXT ·hookAfterFork(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPQ  const_blockPin(R12), $0
	JEQ   orig
	XORL  DI, DI
	MOVQ  const_blockPinLen(R12), SI
	MOVQ  const_blockPin(R12), DX
	MOVL  $203, AX
	SYSCALL

orig:
	MOVQ ·pcAfterFork(SB), R12
	JMP  R12
