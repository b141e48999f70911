//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"

// func onG0Noescape(fn func(unsafe.Pointer), arg unsafe.Pointer)
//
// The same call by a name that escape analysis treats differently.
TEXT ·onG0Noescape(SB),NOSPLIT,$0-16
	JMP ·onG0(SB)

// func frames(pcs *uintptr, n int) int
//
// Follows the frame pointers as long as they lead upwards within the stack of
// this g: each points to the saved one of the frame above, beside which is the
// return address. Nothing moves the stack meanwhile: Go never preempts assembly.
TEXT ·frames(SB),NOSPLIT,$0-24
	MOVQ pcs+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ TLS, AX
	MOVQ 0(AX)(TLS*1), AX
	ADDQ ·gStackLo(SB), AX
	MOVQ 0(AX), SI // g.stack.lo
	MOVQ 8(AX), DX // g.stack.hi
	SUBQ $16, DX
	MOVQ BP, AX
	XORL BX, BX
more:
	CMPQ BX, CX
	JGE  done
	CMPQ AX, SI
	JCS  done
	CMPQ AX, DX
	JHI  done
	MOVQ 8(AX), R8
	MOVQ R8, (DI)(BX*8)
	INCQ BX
	MOVQ AX, SI // the next one is above
	INCQ SI
	MOVQ 0(AX), AX
	JMP  more
done:
	MOVQ BX, ret+16(FP)
	RET
