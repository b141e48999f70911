//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"
#include "hooks.h"

// A task is woken, ends, or starts another. The hooks' contract is in
// hooks_amd64.s.

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
	CMPL  Task_inherit(R13), $0
	JEQ   tail
	MOVQ  ·gM(SB), R10
	MOVQ  (R14)(R10*1), R10
	MOVQ  ·mCurg(SB), R9
	MOVQ  (R10)(R9*1), R10
	TESTQ R10, R10
	JZ    tail
	CALL  ·child(SB)
	TESTL R11, R11
	JZ    out
	MOVQ  ·newprocSkip(SB), DX // the kernel wakes its own CPUs
	ADDQ  DX, 0(SP)

out:
	RET

tail:
	XORL CX, CX // see hookReady

orig:
	MOVQ ·pcRunqput(SB), R12
	JMP  R12

// child: sets R11 if the new goroutine is a task; else it is on Go's queue.
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
	MOVL  $1, R11
	RET

plain:
	MOVQ 32(SP), AX
	MOVQ 40(SP), BX
	XORL CX, CX
	MOVQ ·pcRunqput(SB), R12
	CALL R12
	XORL R11, R11
	RET
