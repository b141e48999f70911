// What the files with hooks share; each includes go_asm.h before.

// This CPU's block, 0 on an ordinary thread, in R12 or CX; see internal/cpu.
#define THIS(reg) \
	LEAQ github·com∕gokern∕gokern∕internal∕cpu·Outside(SB), reg; \
	MOVQ const_blockSelf(reg)(GS*1), reg

// Sets R13, and the zero flag, to what makes this context atomic: preempt_count
// without PREEMPT_ACTIVE and need-resched, and both kinds of masked interrupts.
#define ATOMIC_R13 \
	MOVL Block_Count(R12), R13;  \
	ANDL $0x7effffff, R13;       \
	ORL  Block_IRQOff(R12), R13; \
	ORL  Block_HardOff(R12), R13

// Offsets of cpu.Block: see layout.go.
#define Block_Count const_blockCount
#define Block_IRQOff const_blockIRQOff
#define Block_HardOff const_blockHardOff
#define Block_Reason const_blockReason
#define Block_IdleSwitch const_blockIdleSwitch
#define Block_IdleWake const_blockIdleWake
#define Block_Stuck const_blockStuck
#define Block_Stalled const_blockStalled
#define Block_Leaving const_blockLeaving
#define Block_Current const_blockCurrent
#define Block_Next const_blockNext
#define Block_IdleG const_blockIdleG
#define Block_Need const_blockNeed
#define Block_Async const_blockAsync
#define Block_Sync const_blockSync
#define Block_Yields const_blockYields
#define Block_Parks const_blockParks
#define Block_Stops const_blockStops
#define Block_Deferred const_blockDeferred
