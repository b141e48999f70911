//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"
#include "hooks.h"

// Goroutines that are locked to their thread: by runtime.LockOSThread, in a
// callback from C, or by the kernel, which so keeps one with its CPU.

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
