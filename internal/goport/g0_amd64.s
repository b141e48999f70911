//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"

// func getg() uintptr
TEXT ·getg(SB),NOSPLIT,$0-8
	MOVQ TLS, AX
	MOVQ 0(AX)(TLS*1), AX
	MOVQ AX, ret+0(FP)
	RET

// func onG0(fn func(unsafe.Pointer), arg unsafe.Pointer)
//
// Calls fn(arg) on this thread's g0. It builds the closure that systemstack
// wants on its own stack: code, fn, arg.
TEXT ·onG0(SB),NOSPLIT,$32-16
	MOVQ $·onG0Body(SB), AX
	MOVQ AX, 8(SP)
	MOVQ fn+0(FP), AX
	MOVQ AX, 16(SP)
	MOVQ arg+8(FP), AX
	MOVQ AX, 24(SP)
	LEAQ 8(SP), AX
	MOVQ AX, 0(SP)
	MOVQ ·pcSystemstack(SB), CX
	CALL CX
	RET

// The closure's code, called by systemstack on g0: DX = closure.
TEXT ·onG0Body(SB),NOSPLIT,$16-0
	MOVQ 16(DX), AX
	MOVQ 8(DX), DX
	MOVQ TLS, R14
	MOVQ 0(R14)(TLS*1), R14
	XORPS X15, X15
	MOVQ 0(DX), CX
	CALL CX
	RET

// The addresses of the hooks, not of Go's wrappers around them.
#define PC(func, hook)         \
	TEXT func(SB),NOSPLIT,$0-8; \
	MOVQ $hook(SB), AX;        \
	MOVQ AX, ret+0(FP);        \
	RET

PC(·hookFindPC, ·hookFind)
PC(·hookResumePC, ·hookResume)
PC(·hookNextPC, ·hookNext)
PC(·hookExecutePC, ·hookExecute)
PC(·hookGoschedPC, ·hookGosched)
PC(·hookGlobalPC, ·hookGlobal)
PC(·hookLocalPC, ·hookLocal)
PC(·hookYieldPC, ·hookYield)
PC(·hookParkPC, ·hookPark)
PC(·hookStopPC, ·hookStop)
PC(·hookReadyPC, ·hookReady)
PC(·hookExitPC, ·hookExit)
PC(·hookNewprocPC, ·hookNewproc)
PC(·hookSysexitPC, ·hookSysexit)
PC(·hookProcresizePC, ·hookProcresize)
PC(·hookNetpollPC, ·hookNetpoll)
PC(·hookGCAssistPC, ·hookGCAssist)
PC(·hookGCStartPC, ·hookGCStart)
PC(·hookNewcoroPC, ·hookNewcoro)
PC(·hookCoroPC, ·hookCoro)
PC(·hookBeforeForkPC, ·hookBeforeFork)
PC(·hookAfterForkPC, ·hookAfterFork)
PC(·interruptPC, ·interrupt)
