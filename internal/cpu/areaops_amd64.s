//go:build linux && amd64

#include "go_asm.h"
#include "textflag.h"

// See areaops_amd64.go. AREA leaves the offset in BX and this CPU's area in CX;
// it goes to none if there is no area, or no word.
#define AREA(none) \
	MOVQ  off+0(FP), BX;               \
	LEAQ  ·Outside(SB), CX;            \
	MOVQ  const_offArea(CX)(GS*1), CX; \
	TESTQ CX, CX;                      \
	JZ    none;                        \
	TESTQ BX, BX;                      \
	JZ    none

#define WORD (CX)(BX*1)

// func AreaAdd(off uintptr, n uint64)
TEXT ·AreaAdd(SB),NOSPLIT,$0-16
	MOVQ n+8(FP), AX
	AREA(none)
	ADDQ AX, WORD
	RET

none:
	JMP ·misuse(SB)

// func AreaAddReturn(off uintptr, n uint64) uint64
TEXT ·AreaAddReturn(SB),NOSPLIT,$0-24
	MOVQ  n+8(FP), AX
	MOVQ  AX, DX
	AREA(none)
	XADDQ AX, WORD
	ADDQ  DX, AX
	MOVQ  AX, ret+16(FP)
	RET

none:
	MOVQ $0, ret+16(FP)
	JMP  ·misuse(SB)

// func AreaRead(off uintptr) uint64
TEXT ·AreaRead(SB),NOSPLIT,$0-16
	AREA(none)
	MOVQ WORD, AX
	MOVQ AX, ret+8(FP)
	RET

none:
	MOVQ $0, ret+8(FP)
	JMP  ·misuse(SB)

// func AreaWrite(off uintptr, v uint64)
TEXT ·AreaWrite(SB),NOSPLIT,$0-16
	MOVQ v+8(FP), AX
	AREA(none)
	MOVQ AX, WORD
	RET

none:
	JMP ·misuse(SB)

// func AreaXchg(off uintptr, v uint64) uint64
//
// XCHG locks the bus, with or without the prefix; CMPXCHG does not.
TEXT ·AreaXchg(SB),NOSPLIT,$0-24
	MOVQ v+8(FP), DX
	AREA(none)
	MOVQ WORD, AX

again:
	CMPXCHGQ DX, WORD
	JNE      again
	MOVQ     AX, ret+16(FP)
	RET

none:
	MOVQ $0, ret+16(FP)
	JMP  ·misuse(SB)

// func AreaCmpXchg(off uintptr, old, new uint64) bool
TEXT ·AreaCmpXchg(SB),NOSPLIT,$0-25
	MOVQ     old+8(FP), AX
	MOVQ     new+16(FP), DX
	AREA(none)
	CMPXCHGQ DX, WORD
	SETEQ    ret+24(FP)
	RET

none:
	MOVB $0, ret+24(FP)
	JMP  ·misuse(SB)

// func AreaCmpXchg32(off uintptr, old, new uint32) bool
TEXT ·AreaCmpXchg32(SB),NOSPLIT,$0-17
	MOVL     old+8(FP), AX
	MOVL     new+12(FP), DX
	AREA(none)
	CMPXCHGL DX, WORD
	SETEQ    ret+16(FP)
	RET

none:
	MOVB $0, ret+16(FP)
	JMP  ·misuse(SB)

// func AreaAnd(off uintptr, bits uint64)
TEXT ·AreaAnd(SB),NOSPLIT,$0-16
	MOVQ bits+8(FP), AX
	AREA(none)
	ANDQ AX, WORD
	RET

none:
	JMP ·misuse(SB)

// func AreaOr(off uintptr, bits uint64)
TEXT ·AreaOr(SB),NOSPLIT,$0-16
	MOVQ bits+8(FP), AX
	AREA(none)
	ORQ  AX, WORD
	RET

none:
	JMP ·misuse(SB)

// func countAdd(c *Count, n int64)
//
// What the total exceeds the published part by is between -batch and batch, both
// excluded, if it is less than 2*batch-1 above 1-batch. An interrupt before it is
// taken may have counted too: then both see that there is more to publish. The
// functions that are jumped to have the same arguments, and return to the caller.
TEXT ·countAdd(SB),NOSPLIT,$0-16
	MOVQ  c+0(FP), DI
	MOVQ  n+8(FP), AX
	LEAQ  ·Outside(SB), CX
	MOVQ  Count_Off(DI), BX
	MOVQ  const_offArea(CX)(GS*1), CX
	TESTQ CX, CX
	JZ    none
	TESTQ BX, BX
	JZ    none
	ADDQ  AX, WORD
	MOVQ  WORD, AX
	SUBQ  8(CX)(BX*1), AX
	ADDQ  Count_below(DI), AX
	CMPQ  AX, Count_within(DI)
	JCC   publish
	RET

publish:
	JMP ·countPublish(SB)

none:
	JMP ·countOutside(SB)

// func AreaPublish(off uintptr) int64
//
// Whoever comes between, an interrupt, publishes what it saw, and the
// comparison starts anew.
TEXT ·AreaPublish(SB),NOSPLIT,$0-16
	AREA(none)
	MOVQ 8(CX)(BX*1), AX

again:
	MOVQ     WORD, DX
	MOVQ     AX, SI
	CMPXCHGQ DX, 8(CX)(BX*1)
	JNE      again
	SUBQ     SI, DX
	MOVQ     DX, ret+8(FP)
	RET

none:
	MOVQ $0, ret+8(FP)
	RET
