//go:build linux && amd64

#include "go_asm.h"
#include "textflag.h"

// Each of these changes this CPU's count in one instruction, through the GS
// base: nothing can preempt or move the caller in the middle of it. On a thread
// that is no CPU the same instruction changes cpu.Outside.Count, whose value
// makes both directions jump. What is rare is a jump to a Go function, which
// returns to the caller.

#define COUNT const_offCount(AX)(GS*1)

// func disable()
//
// The low byte, the preempt field, must stay 10 below its mask.
TEXT ·disable(SB),NOSPLIT,$0-0
	LEAQ github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), AX
	INCL COUNT
	CMPB COUNT, $(const_PreemptMask-10)
	JCC  rare
	RET

rare:
	JMP ·disableRare(SB)

// func disableCPU() int
//
// And the CPU's number, -1 if there is none.
TEXT ·disableCPU(SB),NOSPLIT,$0-8
	LEAQ    github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), AX
	INCL    COUNT
	MOVLQSX const_offID(AX)(GS*1), BX
	MOVQ    BX, ret+0(FP)
	CMPB    COUNT, $(const_PreemptMask-10)
	JCC     rare
	RET

rare:
	JMP ·disableRare(SB)

// func tryDisableCPU() int
//
// The same, but without a CPU it is only -1.
TEXT ·tryDisableCPU(SB),NOSPLIT,$0-8
	LEAQ    github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), AX
	MOVLQSX const_offID(AX)(GS*1), BX
	MOVQ    BX, ret+0(FP)
	TESTQ   BX, BX
	JLT     out
	INCL    COUNT
	CMPB    COUNT, $(const_PreemptMask-10)
	JCC     rare

out:
	RET

rare:
	JMP ·disableRare(SB)

// func enable()
//
// One decrement, and one branch on its result: zero means that the count is
// zero and somebody wants the CPU. The other branch is for a preempt field that
// was zero already (the borrow shows in the low byte) and for Outside.
TEXT ·enable(SB),NOSPLIT,$0-0
	LEAQ github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), AX
	DECL COUNT
	JZ   resched
	CMPB COUNT, $(const_PreemptMask-11)
	JCC  rare
	RET

resched:
	JMP ·enableResched(SB)

rare:
	JMP ·enableRare(SB)

// func enableNoResched()
TEXT ·enableNoResched(SB),NOSPLIT,$0-0
	LEAQ github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), AX
	DECL COUNT
	CMPB COUNT, $(const_PreemptMask-11)
	JCC  rare
	RET

rare:
	JMP ·enableRare(SB)

// func tryDisable() bool
//
// The check of disable comes before its increment here, so that there is nothing
// to take back.
TEXT ·tryDisable(SB),NOSPLIT,$0-1
	LEAQ github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), AX
	CMPB COUNT, $(const_PreemptMask-11)
	JCC  rare
	INCL COUNT
	MOVB $1, ret+0(FP)
	RET

rare:
	MOVB $0, ret+0(FP)
	RET

// func unlockWord(p *uint32)
//
// The word is released last, for what follows may be wrong: but an interrupt that
// sees the count at zero before that cannot preempt assembly, so it does not
// matter. One comparison finds a count that was zero, one near its mask, and
// Outside's. There is no check of the word: a read of what a locked instruction
// has just changed takes 3 to 4 ns, a quarter of locking and unlocking.
TEXT ·unlockWord(SB),NOSPLIT,$0-8
	LEAQ github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), AX
	MOVQ p+0(FP), BX
	DECL COUNT
	JZ   resched
	CMPB COUNT, $(const_PreemptMask-11)
	JCC  rare
	MOVB $0, 0(BX)
	RET

resched:
	MOVB $0, 0(BX)
	JMP  ·enableResched(SB)

rare:
	JMP ·unlockRare(SB)
