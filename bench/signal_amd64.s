//go:build linux && amd64 && go1.25 && !go1.28

#include "textflag.h"

// A signal handler that only counts: DI = signal, SI = siginfo, DX = ucontext.
TEXT ·countSignal(SB),NOSPLIT|NOFRAME,$0-0
	INCQ ·signals(SB)
	RET

// func countSignalPC() uintptr
TEXT ·countSignalPC(SB),NOSPLIT,$0-8
	MOVQ $·countSignal(SB), AX
	MOVQ AX, ret+0(FP)
	RET
