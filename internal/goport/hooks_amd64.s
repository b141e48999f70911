//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"
#include "hooks.h"

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

// park_m and goexit0 call schedule(). Where a task has parked or ended and another
// follows it there is nothing in schedule() for either: the next is executed at
// once.
TEXT ·hookNext(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	CMPL  Block_Reason(R12), $const_reasonPark
	JEQ   ours
	CMPL  Block_Reason(R12), $const_reasonExit
	JEQ   ours

orig:
	MOVQ ·pcSchedule(SB), R12
	JMP  R12

ours:
	JMP ·next(SB)

TEXT ·next(SB),NOSPLIT,$40-0
	MOVQ  R12, AX
	MOVQ  ·nextFunc(SB), DX
	MOVQ  (DX), R13
	CALL  R13
	CALL  ·run(SB)
	INT   $3

// run: executes the goroutine in AX, 0: the one that schedule() finds. Both
// never return, so what is on the stack of g0 does not matter.
TEXT ·run(SB),NOSPLIT,$40-0
	TESTQ AX, AX
	JZ    pick
	XORL  BX, BX
	MOVQ  ·pcExecute(SB), R12
	CALL  R12
	INT   $3

pick:
	MOVQ ·pcSchedule(SB), R12
	CALL R12
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
