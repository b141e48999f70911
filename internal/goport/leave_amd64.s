//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"
#include "hooks.h"

// A task that can run leaves its CPU: by Gosched, a preemption, or the hand-over
// of a mutex. The hooks' contract is in hooks_amd64.s.

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
	MOVL $1, const_blockVisit(R12) // under any preemption model
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

// requeue: the leaving goroutine goes on the kernel's queue. The next one is
// executed at once where that is all there is to do, else schedule() asks for
// it. R12 = block. Never returns.
TEXT ·requeue(SB),NOSPLIT,$40-0
	MOVQ R12, AX
	MOVQ ·requeueFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	CALL ·run(SB)
	INT  $3
