//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"

// Offsets in a ucontext, as Linux has it on this processor.
#define ucRBP 120
#define ucRSP 160
#define ucRIP 168

// sample: notes in the block where the interrupted code was, and its callers as
// far as the frame pointers lead within its stack, which does not move meanwhile.
//
// Called by interrupt and asked: R9 = block, DX = ucontext, CX = the interrupted
// g; keeps R9, DX, DI and SI. NOSPLIT because it runs on the signal stack.
TEXT ·sample(SB),NOSPLIT|NOFRAME,$0-0
	MOVL  $0, const_blockTrace(R9)
	TESTQ CX, CX
	JZ    out
	MOVQ  0(CX), R10              // g.stack.lo
	MOVQ  8(CX), R11              // g.stack.hi
	SUBQ  $16, R11
	MOVQ  $0, const_blockSampleTop(R9)
	MOVQ  ucRSP(DX), R8
	CMPQ  R8, R10
	JCS   frames
	CMPQ  R8, R11
	JHI   frames
	MOVQ  (R8), AX
	MOVQ  AX, const_blockSampleTop(R9)

frames:
	MOVQ ucRIP(DX), AX
	MOVQ ucRBP(DX), R8
	XORL CX, CX

frame:
	MOVQ  AX, const_blockSample(R9)(CX*8)
	INCQ  CX
	CMPQ  CX, $const_sampleMax
	JCC   done
	CMPQ  R8, R10
	JCS   done
	CMPQ  R8, R11
	JHI   done
	TESTQ $7, R8
	JNZ   done
	MOVQ  8(R8), AX
	MOVQ  (R8), R8
	TESTQ AX, AX
	JNZ   frame

done:
	MOVL CX, const_blockSampleLen(R9)

out:
	RET
