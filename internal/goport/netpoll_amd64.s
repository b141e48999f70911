//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"

// findRunnable, sysmon, startTheWorldWithSema and pollWork call netpoll(delay).
// AX = delay; results: AX, BX = the list, CX = delta. On g0 of any thread, maybe
// without a P. The hooks' contract is in hooks_amd64.s.
TEXT ·hookNetpoll(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ ·netpollFunc(SB), DX
	MOVQ (DX), R12
	JMP  R12
