//go:build linux && amd64

#include "go_asm.h"
#include "textflag.h"

#define RDGSBASE_AX BYTE $0xf3; BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0xc8

// Each of these finds this CPU's count and changes it before anything can
// preempt or move the caller: assembly is no safe point of Go's, and NOSPLIT
// leaves no prologue. An interrupt between the two instructions finds the old
// count and may ask for a preemption, which then happens after the return. What
// is rare is a jump to a Go function, which returns to the caller.

// func disable()
TEXT ·disable(SB),NOSPLIT,$0-0
	RDGSBASE_AX
	TESTQ AX, AX
	JZ    outside
	INCL  const_offCount(AX)
	CMPB  const_offCount(AX), $(const_PreemptMask-10)
	JCC   overflow
	RET

outside:
	JMP ·disableOutside(SB)

overflow:
	JMP ·disableOverflow(SB)

// func enable()
TEXT ·enable(SB),NOSPLIT,$0-0
	RDGSBASE_AX
	TESTQ AX, AX
	JZ    outside
	CMPB  const_offCount(AX), $0
	JEQ   underflow
	DECL  const_offCount(AX)
	JZ    resched
	RET

resched:
	JMP ·enableResched(SB)

underflow:
	JMP ·enableUnderflow(SB)

outside:
	JMP ·enableOutside(SB)

// func enableNoResched()
TEXT ·enableNoResched(SB),NOSPLIT,$0-0
	RDGSBASE_AX
	TESTQ AX, AX
	JZ    outside
	CMPB  const_offCount(AX), $0
	JEQ   underflow
	DECL  const_offCount(AX)
	RET

underflow:
	JMP ·enableUnderflow(SB)

outside:
	JMP ·enableOutside(SB)
