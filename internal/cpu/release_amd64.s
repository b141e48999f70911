//go:build linux && amd64

#include "textflag.h"

// func Release32(p *uint32, v uint32)
//
// On this processor stores are seen in order, so a plain one releases.
TEXT ·Release32(SB),NOSPLIT,$0-12
	MOVQ p+0(FP), BX
	MOVL v+8(FP), AX
	MOVL AX, 0(BX)
	RET

// func ReleaseByte(p *uint32)
TEXT ·ReleaseByte(SB),NOSPLIT,$0-8
	MOVQ p+0(FP), BX
	MOVB $0, 0(BX)
	RET
