//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"

#define sysWrite 1
#define sysFutex 202
#define sysTimerSettime 223
#define sysClockGettime 228
#define sysTgsigqueueinfo 297

// line is the handler of signals that somebody has requested (line_unsafe.go): it
// adds the signal to what its line has, and has the line's CPU serve that.
//
// Called by the operating system as a signal handler, on the signal stack with
// every signal blocked: DI = signal, SI = siginfo, DX = ucontext. The thread may be
// any of the process, not one of Go's even, and may be between any two instructions:
// nothing here has to do with a g. Any register may be used, as in interrupt. From
// R8 on the registers outlive a system call, but for R11.
//
// R8 = line, R15 = the seat of its CPU, R14 = the CPU's block.
TEXT ·line(SB),NOSPLIT|NOFRAME,$0-0
	SUBQ $56, SP                  // aligned by 16, as for a call
	MOVQ DI, 0(SP)
	MOVQ SI, 8(SP)
	MOVQ DX, 16(SP)
	MOVQ DI, R8
	SHLQ $const_lineShift, R8
	ADDQ ·lineBase(SB), R8

	// Who takes the seat away then waits until nobody is inside.
	LOCK
	INCL const_lineInside(R8)
	MOVQ const_lineSeat(R8), R15
	TESTQ R15, R15
	JZ   gone

	MOVL $1, DI                   // CLOCK_MONOTONIC
	LEAQ 24(SP), SI
	MOVL $sysClockGettime, AX
	SYSCALL
	MOVQ 24(SP), R10
	IMULQ $1000000000, R10
	ADDQ 32(SP), R10              // the time, in ns

add:
	// What the line has is one word of 16 bytes: when the first signal came; and
	// how many there are, with how much later the last came above that.
	MOVQ  0(R8), AX
	MOVQ  8(R8), DX
	MOVL  DX, CX
	TESTL CX, CX
	JZ    first
	MOVQ  AX, BX
	MOVQ  R10, R9
	SUBQ  AX, R9
	JGE   later
	XORL  R9, R9                  // seen before the first, counted after it

later:
	SHRQ  $const_laterShift, R9
	MOVQ  R9, R12
	SHRQ  $32, R12
	JZ    fits
	MOVL  $0xffffffff, R9

fits:
	MOVQ  DX, R12
	SHRQ  $32, R12
	CMPQ  R9, R12
	CMOVQCS R12, R9               // another thread's may be later
	SHLQ  $32, R9
	CMPL  CX, $0xffffffff
	JEQ   full
	INCL  CX

full:
	ORQ   R9, CX
	LOCK
	CMPXCHG16B (R8)
	JNE   add
	JMP   out                     // whoever has added the first has told the CPU

first:
	MOVQ  R10, BX
	MOVL  $1, CX
	LOCK
	CMPXCHG16B (R8)
	JNE   add

	// Tell the CPU. It says that it sleeps before it looks at this for the last time.
	MOVQ  const_seatBlock(R15), R14
	MOVL  $1, AX
	XCHGL AX, const_blockLineDue(R14)

state:
	MOVQ  const_seatIdle(R15), R13
	MOVL  (R13), AX
	TESTL AX, AX
	JZ    awake
	CMPL  AX, $3
	JEQ   parked
	MOVL  AX, R12
	XORL  CX, CX
	LOCK
	CMPXCHGL CX, (R13)
	JNE   state
	CMPL  R12, $2
	JNE   out
	MOVQ  R13, DI                 // it sleeps in a futex
	MOVL  $129, SI                // FUTEX_WAKE_PRIVATE
	MOVL  $1, DX
	XORL  R10, R10
	MOVL  $sysFutex, AX
	SYSCALL
	JMP   out

parked:
	// It has no P. Somebody who gets one from Go has to wake it.
	MOVLQSX ·lineBell(SB), DI
	LEAQ  ·bellRing(SB), SI
	MOVL  $8, DX
	MOVL  $sysWrite, AX
	SYSCALL
	JMP   out

awake:
	LEAQ  github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), R9
	MOVQ  const_blockSelf(R9)(GS*1), R9
	CMPQ  R9, R14
	JNE   send
	CMPL  const_linePass(R8), $0
	JEQ   here

send:
	MOVL  $1, AX
	XCHGL AX, const_blockIPI(R14)
	TESTL AX, AX
	JNZ   out
	MOVQ  ·pid(SB), DI
	MOVQ  const_seatThread(R15), SI
	MOVLQSX (SI), SI
	MOVQ  ·interruptSignal(SB), DX
	LEAQ  ·ipiInfo(SB), R10
	MOVL  $sysTgsigqueueinfo, AX
	SYSCALL
	TESTQ AX, AX
	JZ    out

	// Linux cannot queue one: a tick has to do.
	MOVL  $0, const_blockIPI(R14)
	MOVL  $1, const_blockArmed(R14)
	MOVLQSX const_blockTimerID(R14), DI
	XORL  SI, SI
	LEAQ  ·armed(SB), DX
	XORL  R10, R10
	MOVL  $sysTimerSettime, AX
	SYSCALL

out:
	CMPL  const_linePass(R8), $0
	JNE   gone
	LOCK
	DECL  const_lineInside(R8)
	ADDQ  $56, SP
	RET

gone:
	// The handler that was there before has it too, or again.
	MOVQ  const_lineChain(R8), AX
	LOCK
	DECL  const_lineInside(R8)
	MOVQ  0(SP), DI
	MOVQ  8(SP), SI
	MOVQ  16(SP), DX
	ADDQ  $56, SP
	JMP   AX

here:
	// This is the CPU: go on as if another had sent an inter-processor interrupt.
	DECQ  const_blockIPIs(R9)
	LOCK
	DECL  const_lineInside(R8)
	MOVQ  ·interruptSignal(SB), DI
	LEAQ  ·ipiInfo(SB), SI
	MOVQ  16(SP), DX
	ADDQ  $56, SP
	JMP   ·interrupt(SB)

TEXT ·linePC(SB),NOSPLIT,$0-8
	MOVQ $·line(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// func casPair(p *[2]uint64, old, new [2]uint64) bool
TEXT ·casPair(SB),NOSPLIT,$0-41
	MOVQ p+0(FP), R8
	MOVQ old_0+8(FP), AX
	MOVQ old_1+16(FP), DX
	MOVQ new_0+24(FP), BX
	MOVQ new_1+32(FP), CX
	LOCK
	CMPXCHG16B (R8)
	SETEQ ret+40(FP)
	RET
