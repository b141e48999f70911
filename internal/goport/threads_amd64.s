//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"
#include "hooks.h"

// What Go does with threads, Ps and processes, where the kernel's threads must
// not show. The hooks' contract is in hooks_amd64.s.

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
// are blocked in between. A child process inherits the thread's affinity and its
// slices: it shall have the process's, not those of the one CPU.
TEXT ·hookBeforeFork(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	JMP   ·beforeFork(SB)

orig:
	MOVQ ·pcBeforeFork(SB), R12
	JMP  R12

TEXT ·beforeFork(SB),NOSPLIT,$0-0
	MOVQ ·pcBeforeFork(SB), R12
	CALL R12
	THIS(AX)
	MOVQ ·unbindFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	RET

TEXT ·hookAfterFork(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	JMP   ·afterFork(SB)

orig:
	MOVQ ·pcAfterFork(SB), R12
	JMP  R12

TEXT ·afterFork(SB),NOSPLIT,$0-0
	MOVQ R12, AX
	MOVQ ·bindFunc(SB), DX
	MOVQ (DX), R13
	CALL R13
	MOVQ ·pcAfterFork(SB), R12
	CALL R12
	RET
