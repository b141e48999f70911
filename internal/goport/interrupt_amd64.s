//go:build linux && amd64 && go1.25 && !go1.28

#include "go_asm.h"
#include "textflag.h"


#define siCode 8
#define siTimerID 16
#define siValue 24
#define siTimer -2 // SI_TIMER: this thread's tick, or its high-resolution timer
#define siQueue -1 // SI_QUEUE: an inter-processor interrupt

// The preemption model in force.
#define MODEL github·com∕gokern∕gokern∕internal∕cpu·model+const_modelWord(SB)

// interrupt is the one entry of all interrupts: the tick of this CPU's timer, its
// high-resolution timer, and inter-processor interrupts.
//
// Called by the operating system as a signal handler, on the signal stack with
// every signal blocked: DI = signal, SI = siginfo, DX = ucontext. It may run
// between any two instructions of the thread. Any register may be used: the
// return, through the restorer, puts all of them back.
//
// A signal that is not ours, or on a thread that is no CPU, goes on to the
// handler that was there before, untouched. Ours: count it, set need-resched,
// and if the count is zero and interrupts are not masked ask for a preemption
// as Go's own preemptone does: g.preempt and a poisoned stack guard. If the
// interrupted code was the goroutine itself, Go's handler for its preemption
// signal then checks for a safe point and injects asyncPreempt, whose frame the
// garbage collector can scan. Otherwise the next prologue sees the guard.
TEXT ·interrupt(SB),NOSPLIT|NOFRAME,$0-0
	LEAQ  github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), R9
	MOVQ  const_blockSelf(R9)(GS*1), R9
	MOVQ  ·cookie(SB), AX
	CMPQ  AX, siValue(SI)
	JNE   foreign
	TESTQ R9, R9
	JZ    late
	CMPL  const_blockAsked(R9), $0
	JNE   asked

known:
	MOVL  siCode(SI), CX
	CMPL  CX, $siTimer
	JEQ   tick
	CMPL  CX, $siQueue
	JEQ   ipi

foreign:
	MOVQ ·chainHandler(SB), AX
	JMP  AX

asked:
	CALL ·asked(SB)
	JMP  known

late:
	RET                           // for a CPU that has gone to another thread

ipi:
	// Who wants something of this CPU stores that, then swaps IPI, and sends
	// nothing if one is under way: swap too, or need-resched below could be
	// loaded before this is stored, and the wish be lost.
	XORL  AX, AX
	XCHGL AX, const_blockIPI(R9)
	INCQ const_blockIRQs(R9)
	INCQ const_blockIPIs(R9)
	CMPL const_blockTrace(R9), $0
	JEQ  fold
	MOVQ TLS, CX
	MOVQ 0(CX)(TLS*1), CX
	CALL ·sample(SB)              // the watchdog wants to know what this CPU does
	JMP  fold

hrtimer:
	INCQ const_blockHRIRQs(R9)
	MOVL $1, const_blockHRDue(R9)
	MOVL $1, const_blockVisit(R9)
	MOVL $1, const_blockNeed(R9)  // the pick wakes who waits for it
	JMP  fold

tick:
	INCQ const_blockIRQs(R9)
	MOVL siTimerID(SI), CX
	CMPL CX, const_blockHRTimer(R9)
	JEQ  hrtimer
	INCQ const_blockTicks(R9)
	CMPL const_blockWanted(R9), $0
	JEQ  waiting
	INCQ const_blockMisses(R9)    // the last tick's wish was not met in a whole period
	MOVL $0, const_blockWanted(R9)

waiting:
	CMPL const_blockNeed(R9), $0
	JNE  pending
	CMPQ ·netQueue(SB), $0
	JNE  fold
	CMPL const_blockHRDue(R9), $0
	JNE  fold                     // that wish came where the pick forgot it
	CMPL const_blockLineDue(R9), $0
	JNE  fold
	CMPL const_blockNeedLazy(R9), $0
	JNE  promote
	MOVQ DX, R8
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ R8, DX
	CMPL const_blockWaiting(R9), $0
	JLE  network
	MOVL $0, const_blockTickIdle(R9)
	CMPL const_blockSliced(R9), $0
	JEQ  network                  // FIFO runs as long as it likes
	MOVQ AX, CX
	SUBQ const_blockSliceStart(R9), CX
	ADDQ const_blockSliceUsed(R9), CX
	CMPQ CX, const_blockSliceMin(R9)
	JCS  network                  // it has only just begun
	MOVL $1, const_blockExpired(R9)
	CMPL MODEL, $const_modelLazy
	JEQ  lazy

need:
	MOVL $1, const_blockNeed(R9)
	JMP  fold

lazy:
	CMPL const_blockFair(R9), $0
	JEQ  need
	MOVL $1, const_blockNeedLazy(R9)
	RET

promote:
	// It has had a tick's time to leave by itself. The pick clears both.
	MOVL $1, const_blockNeed(R9)
	JMP  fold

network:
	// A task runs and goroutines wait for the network: if no CPU has asked for them
	// since the last tick or so, the pick is to.
	MOVQ ·varNetWaiters(SB), CX
	CMPL (CX), $0
	JEQ  nothing
	CMPQ const_blockCurrent(R9), $0
	JEQ  nothing
	CMPL const_blockStalled(R9), $0
	JNE  nothing
	MOVL $0, const_blockTickIdle(R9)
	SUBQ ·netPolled(SB), AX
	CMPQ AX, ·netLate(SB)
	JCS  out
	MOVL $1, const_blockVisit(R9)
	MOVL $1, const_blockNeed(R9)
	JMP  fold

pending:
	// What was wished for has not been done yet. With no task to switch to it is
	// not repeated for ever: the task may be in a system call, whose end sees it, or
	// there is none, and the thread is parked. With timers that are due it is, but
	// rarely in a system call: after that a loop without a prologue may come.
	CMPL const_blockWaiting(R9), $0
	JGT  fold
	LEAQ ·disarmed(SB), R8
	CMPQ const_blockCurrent(R9), $0
	JEQ  once
	MOVL const_blockHRDue(R9), AX
	ORL  const_blockLineDue(R9), AX
	JZ   once
	MOVQ TLS, CX
	MOVQ 0(CX)(TLS*1), CX         // the interrupted g
	TESTQ CX, CX
	JZ   fold
	MOVQ ·gSyscallSP(SB), AX
	CMPQ (CX)(AX*1), $0
	JEQ  fold                     // not in a system call
	LEAQ ·rarely(SB), R8

once:
	INCL const_blockTickIdle(R9)
	CMPL const_blockTickIdle(R9), $4
	JCS  fold
	JMP  stop

nothing:
	CMPL const_blockWaiting(R9), $0
	JGT  out

	// No tick without a purpose: after some that found none, stop the timer.
	// Whoever queues a task starts it again.
	LEAQ ·disarmed(SB), R8
	INCL const_blockTickIdle(R9)
	CMPL const_blockTickIdle(R9), $4
	JCS  out

stop:
	MOVL $0, const_blockTickIdle(R9)
	MOVQ R8, DX
	MOVLQSX const_blockTimerID(R9), DI
	XORL SI, SI
	XORL R10, R10
	MOVL $223, AX                 // timer_settime(id, 0, DX, nil)
	SYSCALL

	// First stopped, then said to be: who queues a task in between sees it
	// running and leaves it alone, so look once more. One that comes rarely counts
	// as stopped.
	XORL AX, AX
	XCHGL AX, const_blockArmed(R9)
	CMPQ ·netQueue(SB), $0
	JNE  rearm
	CMPL const_blockWaiting(R9), $0
	JLE  out

rearm:
	MOVL $1, const_blockArmed(R9)
	LEAQ ·armed(SB), DX
	MOVLQSX const_blockTimerID(R9), DI
	XORL SI, SI
	XORL R10, R10
	MOVL $223, AX                 // timer_settime(id, 0, {slice}, nil)
	SYSCALL
	RET

fold:
	CMPL const_blockLineDue(R9), $0
	JNE  due
	CMPL const_blockHRDue(R9), $0
	JNE  due
	CMPQ ·netQueue(SB), $0
	JEQ  needed

due:
	MOVL $1, const_blockVisit(R9)
	MOVL $1, const_blockNeed(R9)  // the pick wakes who waits for it

needed:
	CMPL const_blockNeed(R9), $0
	JEQ  out
	ANDL $0x7fffffff, const_blockCount(R9)
	CMPL const_blockIRQOff(R9), $0
	JNE  masked
	CMPL const_blockCount(R9), $0
	JNE  out                      // the section's end will see need-resched
	CMPL MODEL, $const_modelVoluntary
	JCC  cooperative

force:
	MOVQ TLS, CX
	MOVQ 0(CX)(TLS*1), CX         // the interrupted g
	TESTQ CX, CX
	JZ   out
	MOVQ ·gM(SB), R8
	MOVQ (CX)(R8*1), R8
	TESTQ R8, R8
	JZ   out
	MOVQ ·mCurg(SB), AX
	MOVQ (R8)(AX*1), R8           // the goroutine on this thread, also while g0 runs
	TESTQ R8, R8
	JZ   soon                     // the scheduler itself: it may have looked already
	CMPQ R8, const_blockIdleG(R9)
	JEQ  out                      // the idle goroutine looks too
	MOVQ ·gPreempt(SB), AX
	MOVB $1, (R8)(AX*1)
	MOVQ ·gGuard0(SB), AX
	MOVQ $-1314, DI               // stackPreempt
	MOVQ DI, (R8)(AX*1)
	CMPQ CX, R8
	JNE  soon                     // on g0: its end will see the guard, or execute() forget it
	CMPL const_blockExpired(R9), $0
	JEQ  inject
	MOVQ ·gM(SB), AX
	MOVQ (CX)(AX*1), AX
	MOVQ ·mLocks(SB), DI
	CMPL (AX)(DI*1), $0
	JNE  inject                   // in the runtime: not preemptible, so not counted
	CMPL const_blockWanted(R9), $0
	JNE  inject
	MOVL $1, const_blockWanted(R9)
	INCQ const_blockWants(R9)

inject:
	MOVL $23, DI                  // SIGURG, Go's own preemption signal
	MOVQ ·urgHandler(SB), AX
	JMP  AX

soon:
	// It could not be delivered here: look again in a moment. If the switch has
	// come by then, that tick finds nothing to do.
	MOVL $1, const_blockArmed(R9)
	LEAQ ·again(SB), DX
	MOVLQSX const_blockTimerID(R9), DI
	XORL SI, SI
	XORL R10, R10
	MOVL $223, AX                 // timer_settime(id, 0, {50 µs, then slices}, nil)
	SYSCALL
	RET

cooperative:
	// The task is not preempted, and sees need-resched when it asks. Go's own
	// requests do not come here, and are always served: a task that computes
	// without end must not keep the collector waiting.
	CMPL const_blockVisit(R9), $0
	JNE  force                    // a timer, the network, RCU or an interrupt's task
	RET

masked:
	INCQ const_blockMasked(R9)
	MOVL $1, const_blockPending(R9)

out:
	RET
