//go:build linux && amd64 && race

#include "textflag.h"

// func Cas32(p *uint32, old, new uint32) bool
TEXT ·Cas32(SB),NOSPLIT,$0-17
	MOVQ     p+0(FP), BX
	MOVL     old+8(FP), AX
	MOVL     new+12(FP), CX
	LOCK
	CMPXCHGL CX, 0(BX)
	SETEQ    ret+16(FP)
	RET

// func Xchg32(p *uint32, new uint32) uint32
TEXT ·Xchg32(SB),NOSPLIT,$0-20
	MOVQ  p+0(FP), BX
	MOVL  new+8(FP), AX
	XCHGL AX, 0(BX)
	MOVL  AX, ret+16(FP)
	RET

// func CasPtr(p *uintptr, old, new uintptr) bool
TEXT ·CasPtr(SB),NOSPLIT,$0-25
	MOVQ     p+0(FP), BX
	MOVQ     old+8(FP), AX
	MOVQ     new+16(FP), CX
	LOCK
	CMPXCHGQ CX, 0(BX)
	SETEQ    ret+24(FP)
	RET

// func XchgPtr(p *uintptr, new uintptr) uintptr
TEXT ·XchgPtr(SB),NOSPLIT,$0-24
	MOVQ  p+0(FP), BX
	MOVQ  new+8(FP), AX
	XCHGQ AX, 0(BX)
	MOVQ  AX, ret+16(FP)
	RET

// func LoadPtr(p *uintptr) uintptr
TEXT ·LoadPtr(SB),NOSPLIT,$0-16
	MOVQ p+0(FP), BX
	MOVQ 0(BX), AX
	MOVQ AX, ret+8(FP)
	RET

// func Add64(p *int64, n int64) int64
TEXT ·Add64(SB),NOSPLIT,$0-24
	MOVQ  p+0(FP), BX
	MOVQ  n+8(FP), AX
	MOVQ  AX, CX
	LOCK
	XADDQ AX, 0(BX)
	ADDQ  CX, AX
	MOVQ  AX, ret+16(FP)
	RET

// func Add32(p *int32, n int32) int32
TEXT ·Add32(SB),NOSPLIT,$0-20
	MOVQ  p+0(FP), BX
	MOVL  n+8(FP), AX
	MOVL  AX, CX
	LOCK
	XADDL AX, 0(BX)
	ADDL  CX, AX
	MOVL  AX, ret+16(FP)
	RET

// func AddU32(p *uint32, n uint32) uint32
TEXT ·AddU32(SB),NOSPLIT,$0-20
	MOVQ  p+0(FP), BX
	MOVL  n+8(FP), AX
	MOVL  AX, CX
	LOCK
	XADDL AX, 0(BX)
	ADDL  CX, AX
	MOVL  AX, ret+16(FP)
	RET

// func Load32(p *uint32) uint32
TEXT ·Load32(SB),NOSPLIT,$0-12
	MOVQ p+0(FP), BX
	MOVL 0(BX), AX
	MOVL AX, ret+8(FP)
	RET

// func Store32(p *uint32, v uint32)
TEXT ·Store32(SB),NOSPLIT,$0-12
	MOVQ  p+0(FP), BX
	MOVL  v+8(FP), AX
	XCHGL AX, 0(BX)
	RET

// func Or64(p *uint64, bits uint64)
TEXT ·Or64(SB),NOSPLIT,$0-16
	MOVQ p+0(FP), BX
	MOVQ bits+8(FP), AX
	LOCK
	ORQ  AX, 0(BX)
	RET
