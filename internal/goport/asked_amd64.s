//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"

// asked: RCU waits for this CPU. If it is in no read-side section now, count a
// quiescent state. If its task is in one, have the section's end report; if
// preemption or interrupts are off, which is a section too, want a switch, and
// so a quiescent state, at the end of that. AskSample: leave the stack of who
// is in a section.
//
// Called by interrupt: R9 = block, DX = ucontext; keeps them, DI and SI. NOSPLIT
// because it runs on the signal stack.
TEXT ·asked(SB),NOSPLIT|NOFRAME,$0-0
	XORL  AX, AX
	XCHGL AX, const_blockAsked(R9)
	MOVL  const_blockCount(R9), CX
	ANDL  $0x7effffff, CX
	ORL   const_blockIRQOff(R9), CX
	ORL   const_blockHardOff(R9), CX
	JNZ   atomic
	MOVQ  const_blockCurrent(R9), R8
	TESTQ R8, R8
	JZ    quiet
	TESTL $const_readerDepth, Task_Reader(R8)
	JZ    quiet

	// On g0 the task may have left already, and read elsewhere: its word is
	// not ours then. Ask again.
	MOVQ  TLS, CX
	MOVQ  0(CX)(TLS*1), CX        // the interrupted g
	TESTQ CX, CX
	JZ    again
	MOVQ  ·gM(SB), R10
	MOVQ  (CX)(R10*1), R10
	TESTQ R10, R10
	JZ    again
	MOVQ  ·mCurg(SB), R11
	CMPQ  CX, (R10)(R11*1)
	JNE   again
	ORL   $const_readerSpecial, Task_Reader(R8)
	JMP   sample

quiet:
	LOCK
	INCQ const_blockQuiet(R9)     // a full barrier before what is read next
	RET

again:
	MOVL AX, const_blockAsked(R9)
	RET

atomic:
	MOVL  $1, const_blockNeed(R9)
	MOVL  $1, const_blockVisit(R9)
	MOVQ  TLS, CX
	MOVQ  0(CX)(TLS*1), CX

sample:
	// CX = the interrupted g.
	TESTL $const_askSample, AX
	JZ    out
	JMP   ·sample(SB)

out:
	RET
