//go:build linux && amd64

#include "go_asm.h"
#include "textflag.h"

// This CPU's block, or nil: Outside.Self as seen through the GS base.
#define THIS(reg) \
	LEAQ ·Outside(SB), reg;            \
	MOVQ const_offSelf(reg)(GS*1), reg

// WRGSBASE AX, which the assembler does not know.
#define WRGSBASE_AX BYTE $0xf3; BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0xd8

// func This() *Block
TEXT ·This(SB),NOSPLIT,$0-8
	THIS(AX)
	MOVQ AX, ret+0(FP)
	RET

// func Current() unsafe.Pointer
TEXT ·Current(SB),NOSPLIT,$0-8
	THIS(AX)
	TESTQ AX, AX
	JZ   out
	MOVQ const_offCurrent(AX), AX

out:
	MOVQ AX, ret+0(FP)
	RET

// func SetGS(b *Block)
TEXT ·SetGS(SB),NOSPLIT,$0-8
	MOVQ  b+0(FP), AX
	TESTQ AX, AX
	JZ    set
	LEAQ  ·Outside(SB), CX
	SUBQ  CX, AX

set:
	WRGSBASE_AX
	RET

// func Cycles() uint64
TEXT ·Cycles(SB),NOSPLIT,$0-8
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// func Pause()
TEXT ·Pause(SB),NOSPLIT,$0-0
	PAUSE
	RET

// func Fence()
TEXT ·Fence(SB),NOSPLIT,$0-0
	MFENCE
	RET

// func FoldNeed(b *Block)
TEXT ·FoldNeed(SB),NOSPLIT,$0-8
	MOVQ b+0(FP), BX
	ANDL $0x7fffffff, const_offCount(BX)
	RET

// func Syscall(nr, a1, a2, a3, a4, a5, a6 uintptr) int
TEXT ·Syscall(SB),NOSPLIT,$0-64
	MOVQ nr+0(FP), AX
	MOVQ a1+8(FP), DI
	MOVQ a2+16(FP), SI
	MOVQ a3+24(FP), DX
	MOVQ a4+32(FP), R10
	MOVQ a5+40(FP), R8
	MOVQ a6+48(FP), R9
	SYSCALL
	MOVQ AX, ret+56(FP)
	RET

// func AddCount(n uint32) (word uint32, ok bool)
TEXT ·AddCount(SB),NOSPLIT,$0-13
	MOVL  n+0(FP), AX
	MOVL  $0, word+8(FP)
	THIS(BX)
	TESTQ BX, BX
	SETNE ok+12(FP)
	JEQ   out
	ADDL  AX, const_offCount(BX)
	MOVL  const_offCount(BX), AX
	MOVL  AX, word+8(FP)

out:
	RET

// func ClearActive()
TEXT ·ClearActive(SB),NOSPLIT,$0-0
	THIS(BX)
	TESTQ BX, BX
	JEQ   out
	ANDL  $~const_Active, const_offCount(BX)

out:
	RET

// func Word() (word uint32, ok bool)
TEXT ·Word(SB),NOSPLIT,$0-5
	MOVL  $0, word+0(FP)
	THIS(BX)
	TESTQ BX, BX
	SETNE ok+4(FP)
	JEQ   out
	MOVL  const_offCount(BX), AX
	MOVL  AX, word+0(FP)

out:
	RET

// func AddIRQOff(n uint32) (old uint32, ok bool)
TEXT ·AddIRQOff(SB),NOSPLIT,$0-13
	MOVL  n+0(FP), AX
	MOVL  $0, old+8(FP)
	THIS(BX)
	TESTQ BX, BX
	SETNE ok+12(FP)
	JEQ   out
	MOVL  const_offIRQOff(BX), CX
	MOVL  CX, old+8(FP)
	ADDL  AX, const_offIRQOff(BX)

out:
	RET

// func SetIRQOff(n uint32) (old uint32, ok bool)
TEXT ·SetIRQOff(SB),NOSPLIT,$0-13
	MOVL  n+0(FP), AX
	MOVL  $0, old+8(FP)
	THIS(BX)
	TESTQ BX, BX
	SETNE ok+12(FP)
	JEQ   out
	MOVL  const_offIRQOff(BX), CX
	MOVL  CX, old+8(FP)
	MOVL  AX, const_offIRQOff(BX)

out:
	RET

// func IRQOff() (soft, hard uint32)
TEXT ·IRQOff(SB),NOSPLIT,$0-8
	XORL  AX, AX
	XORL  CX, CX
	THIS(BX)
	TESTQ BX, BX
	JEQ   out
	MOVL  const_offIRQOff(BX), AX
	MOVL  const_offHardOff(BX), CX

out:
	MOVL AX, soft+0(FP)
	MOVL CX, hard+4(FP)
	RET

// func TakePending() bool
TEXT ·TakePending(SB),NOSPLIT,$0-1
	XORL  AX, AX
	THIS(BX)
	TESTQ BX, BX
	JEQ   out
	XCHGL AX, const_offPending(BX)

out:
	MOVB AX, ret+0(FP)
	RET

// func Number() int
TEXT ·Number(SB),NOSPLIT,$0-8
	LEAQ    ·Outside(SB), AX
	MOVLQSX const_offID(AX)(GS*1), AX
	MOVQ    AX, ret+0(FP)
	RET

// func SetNeed()
TEXT ·SetNeed(SB),NOSPLIT,$0-0
	THIS(BX)
	TESTQ BX, BX
	JEQ   out
	MOVL  $1, const_offNeed(BX)
	ANDL  $0x7fffffff, const_offCount(BX)

out:
	RET

// func OrIRQOff(bits uint32) (old uint32, ok bool)
TEXT ·OrIRQOff(SB),NOSPLIT,$0-13
	MOVL  bits+0(FP), AX
	MOVL  $0, old+8(FP)
	THIS(BX)
	TESTQ BX, BX
	SETNE ok+12(FP)
	JEQ   out
	MOVL  const_offIRQOff(BX), CX
	MOVL  CX, old+8(FP)
	ORL   AX, const_offIRQOff(BX)

out:
	RET

// func AndIRQOff(bits uint32) (word uint32, ok bool)
TEXT ·AndIRQOff(SB),NOSPLIT,$0-13
	MOVL  bits+0(FP), AX
	MOVL  $0, word+8(FP)
	THIS(BX)
	TESTQ BX, BX
	SETNE ok+12(FP)
	JEQ   out
	ANDL  AX, const_offIRQOff(BX)
	MOVL  const_offIRQOff(BX), CX
	MOVL  CX, word+8(FP)

out:
	RET

// func AddHardOff(n uint32) (depth uint32, ok bool)
TEXT ·AddHardOff(SB),NOSPLIT,$0-13
	MOVL  n+0(FP), AX
	MOVL  $0, depth+8(FP)
	THIS(BX)
	TESTQ BX, BX
	SETNE ok+12(FP)
	JEQ   out
	ADDL  AX, const_offHardOff(BX)
	MOVL  const_offHardOff(BX), CX
	MOVL  CX, depth+8(FP)

out:
	RET
