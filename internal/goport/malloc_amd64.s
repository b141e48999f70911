//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"
#include "hooks.h"

// A task allocates. The collector may want it to help (gcAssistAlloc), or a new
// collection may be due (gcStart): both can block. The runtime leaves them out
// where it must not block itself (m.locks, m.preemptoff); these hooks leave them
// out in a task's atomic sections. The help that is owed stays owed: the task's
// next allocation outside a section gives it.
//
// Contract: hooks_amd64.s, but on the goroutine's own stack. Both callees return
// nothing.

TEXT ·hookGCAssist(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	ATOMIC_R13
	JEQ   orig
	RET

orig:
	MOVQ ·pcGCAssist(SB), R12
	JMP  R12

TEXT ·hookGCStart(SB),NOSPLIT|NOFRAME,$0-0
	THIS(R12)
	TESTQ R12, R12
	JZ    orig
	ATOMIC_R13
	JEQ   orig
	RET

orig:
	MOVQ ·pcGCStart(SB), R12
	JMP  R12
