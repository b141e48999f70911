//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"
#include "hooks.h"

// A task blocks, or the garbage collector stops it: it is marked before anyone
// can wake it. The hooks' contract is in hooks_amd64.s.

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
	MOVL $1, Task_out(R13)
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
	MOVL $0, Task_out(R13)
	MOVQ ·gCoroarg(SB), DI
	MOVQ Task_saved(R13), SI
	MOVQ SI, (AX)(DI*1)
	MOVQ $0, Task_saved(R13)
	CALL ·undone(SB)
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
	MOVL  $const_reasonPreempt, Block_Reason(R12) // for reading: it does not block
	CALL  ·mark(SB)
	MOVL  $2, Task_out(R13)                       // stopped, not blocked
	ANDL  $~const_countActive, Block_Count(R12)   // as goRequeue does
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
	MOVL $1, Task_out(R13)
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
	CMPQ Task_Reader(R13), $0 // and the flags after it
	JNE  reading
	RET

reading:
	JMP ·reading(SB)

// reading: keeps AX, BX, CX, R12 and R13; the task in R13 leaves in a read-side
// section.
TEXT ·reading(SB),NOSPLIT,$64-0
	MOVQ AX, 24(SP)
	MOVQ BX, 32(SP)
	MOVQ CX, 40(SP)
	MOVQ R12, 48(SP)
	MOVQ R13, 56(SP)
	MOVQ R12, AX
	MOVQ R13, BX
	MOVQ ·readingFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	MOVQ 24(SP), AX
	MOVQ 32(SP), BX
	MOVQ 40(SP), CX
	MOVQ 48(SP), R12
	MOVQ 56(SP), R13
	RET

// What follows keeps AX, BX, CX and R12; see upcall.

// noteAtomic records who blocks while atomic.
TEXT ·noteAtomic(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ ·noteAtomicFunc(SB), DX
	JMP  ·upcall(SB)

// depart lets the thread go with its task.
TEXT ·depart(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ ·departFunc(SB), DX
	JMP  ·upcall(SB)

// stalled says that the CPU stays with its task, which blocks.
TEXT ·stalled(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ ·stalledFunc(SB), DX
	JMP  ·upcall(SB)

// undone says that the CPU's task, which was about to block, goes on after all.
TEXT ·undone(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ ·undoneFunc(SB), DX
	JMP  ·upcall(SB)

// upcall calls the func value in DX with the block, in R12, and the g in AX.
TEXT ·upcall(SB),NOSPLIT,$56-0
	MOVQ AX, 24(SP)
	MOVQ BX, 32(SP)
	MOVQ CX, 40(SP)
	MOVQ R12, 48(SP)
	MOVQ AX, BX
	MOVQ R12, AX
	MOVQ (DX), R13
	CALL R13
	MOVQ 24(SP), AX
	MOVQ 32(SP), BX
	MOVQ 40(SP), CX
	MOVQ 48(SP), R12
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
