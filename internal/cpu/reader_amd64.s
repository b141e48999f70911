//go:build linux && amd64

#include "go_asm.h"
#include "textflag.h"

// A task finds itself through the GS base: Block.Current is the same wherever
// it goes on, so nothing is lost if it is moved between the two instructions.
// Nobody else looks at the word while the task runs, so there is no LOCK and no
// barrier.

#define CURRENT(reg) \
	LEAQ ·Outside(SB), reg;               \
	MOVQ const_offCurrent(reg)(GS*1), reg

// func ReadEnter()
TEXT ·ReadEnter(SB),NOSPLIT,$0-0
	CURRENT(AX)
	TESTQ AX, AX
	JZ    slow
	CMPL  ·ReadChecked(SB), $0
	JNE   slow
	INCL  const_offReader(AX)
	RET

slow:
	JMP ·readEnterSlow(SB)

// func ReadExit()
TEXT ·ReadExit(SB),NOSPLIT,$0-0
	CURRENT(AX)
	TESTQ AX, AX
	JZ    slow
	CMPL  ·ReadChecked(SB), $0
	JNE   slow
	DECL  const_offReader(AX)
	JLT   special
	RET

special:
	JMP ·readExitSpecial(SB)

slow:
	JMP ·readExitSlow(SB)

// func ReadAdd(n uint32) (word uint32, ok bool)
TEXT ·ReadAdd(SB),NOSPLIT,$0-13
	MOVL  n+0(FP), BX
	CURRENT(AX)
	TESTQ AX, AX
	SETNE ok+12(FP)
	JEQ   out
	ADDL  BX, const_offReader(AX)
	MOVL  const_offReader(AX), AX

out:
	MOVL AX, word+8(FP)
	RET

// func ReadWord() uint32
TEXT ·ReadWord(SB),NOSPLIT,$0-4
	CURRENT(AX)
	TESTQ AX, AX
	JZ    out
	MOVL  const_offReader(AX), AX

out:
	MOVL AX, ret+0(FP)
	RET
