package cpu

import "unsafe"

// Block is what one virtual CPU knows of itself. The assembly of
// internal/goport and package preempt knows its fields by the offsets in
// layout.go's constants. Only the thread of the CPU writes the first part; other threads may
// write the last.
type Block struct {
	// The owner's words.

	Self     *Block  // the block itself; nil in Outside
	Area     uintptr // where the CPU's area of per-CPU memory is; 0 in Outside
	Count    uint32  // preempt_count, see package preempt for the layout
	IRQOff   uint32  // > 0: interrupts are masked softly, nested so often
	HardOff  uint32  // > 0: the signal is blocked, nested so often
	Pending  uint32  // 1: an interrupt came while they were masked
	ID       int32   // the CPU's number, -1 in Outside
	Sliced   uint32  // 1: the current task shares its priority by time slices
	Expired  uint32  // 1: a tick has ended the current task's slice
	Wanted   uint32  // 1: a tick asked for a switch and none has come yet
	TickIdle uint32  // ticks in a row that found nothing to switch to
	HRDue    uint32  // 1: the first high-resolution timer has expired

	Reason     uint32 // why the last goroutine left, a Reason
	IdleSwitch uint32 // 1: the idle goroutine leaves for a task
	IdleWake   uint32 // 1: ready() of the idle goroutine must not queue it
	Stuck      uint32 // 1: the current task was locked to the thread by us
	Stalled    uint32 // 1: the CPU stays with a task that is not running

	Leaving uintptr        // the g that is leaving through goschedImpl
	Current unsafe.Pointer // the task that runs, nil: the idle goroutine
	Next    unsafe.Pointer // the task that schedule() is about to run
	IdleG   uintptr        // the idle goroutine's g
	M       uintptr        // the thread's m

	Pin       uintptr // address of the CPU mask the thread is pinned to, 0: it is not
	HostSlice uint64  // slices that Linux gave the thread before it was the CPU's, in ns; 0: unknown

	// Turns that end by Gosched are not timed, for reading the clock may cost as
	// much as the rest of the switch: each is credited with the average of the
	// last chain of such turns, and the timed turn that ends the chain with the
	// rest.
	Turn     uint64 // the average, in time-stamp counts
	Turns    uint64 // untimed turns since SliceStart
	Credited uint64 // what they were credited with
	Chain    uint64 // how long the last chain took, with its timed turn

	// Quiet counts quiescent states of RCU: moments at which the CPU is in no
	// read-side section. Each switch is one; the interrupt handler counts others
	// if it is asked to.
	Quiet uint64

	Now        uint64 // time-stamp counter when a task's turn was last timed
	SliceStart uint64 // time-stamp counter when the current task was switched in
	SliceUsed  uint64 // what that task had used of its slice before
	SliceMin   uint64 // half a slice: a shorter one is not ended by a tick

	AtomicPCs  [32]uintptr // callers of a park or Gosched while atomic
	AtomicLen  uint32      // how many of them are valid
	AtomicSeen uint32      // the preempt_count then

	// Statistics, written by the owner.

	IRQs        uint64 // interrupts taken, of any kind
	Ticks       uint64 // by the timer
	HRIRQs      uint64 // by that of the high-resolution timers
	IPIs        uint64 // by another CPU or thread
	Masked      uint64 // that came while masked
	Wants       uint64 // ticks that asked for a switch
	Misses      uint64 // such ticks not served before the next one
	Async       uint64 // preempted between any two instructions
	Sync        uint64 // preempted at a function's prologue
	Yields      uint64 // left by Gosched
	Parks       uint64 // left to block
	AtomicParks uint64 // blocked or yielded while atomic
	Stops       uint64 // left because the garbage collector stopped the task
	Deferred    uint64 // Go's own requests put off to the end of an atomic section
	Declined    uint64 // preempt_schedule that the preemption model made do nothing

	// What the handler has sampled: the program counters of the task's stack.

	Sample    [32]uintptr
	SampleTop uintptr // the word on top of the stack, a return address if no frame is set up
	SampleLen uint32  // how many are valid; 0: no sample yet

	_ [92]byte

	// Words that other threads write: last, as what they look at in package gpm follows.

	Need     uint32 // TIF_NEED_RESCHED
	NeedLazy uint32 // TIF_NEED_RESCHED_LAZY: the next tick makes it Need
	Visit    uint32 // 1: the task is to pass through the scheduler, though it may keep the CPU; see package gpm, preemption.go
	Fair     uint32 // 1: the current task is Normal, Batch or Idle
	IPI      uint32 // 1: an inter-processor interrupt is under way
	Waiting  int32  // queued tasks that a tick could switch to
	Armed    uint32 // 1: the tick timer runs
	TimerID  int32  // the tick's POSIX timer
	HRTimer  int32  // that of the high-resolution timers
	Asked    uint32 // what RCU wants of the next interrupt: AskQuiet, AskSample
	Trace    uint32 // 1: the watchdog wants a sample by the next inter-processor interrupt
	LineDue  uint32 // 1: a requested interrupt has come, for the interrupt task to serve
}

// Outside is the block that threads which are no CPU find. Only its Count is
// ever touched: by the fast paths of package preempt, which see from it that
// they are outside a task and put it back.
var Outside = Block{Count: OutsideCount, ID: -1}

// OutsideCount makes both an increment and a decrement take the slow path: the
// low byte is within 10 of its mask and bit 30, which no count has, is set.
const OutsideCount = 1<<30 | 0xf5

// Why a goroutine left its CPU.
const (
	ReasonNone    = iota
	ReasonYield   // runtime.Gosched
	ReasonPreempt // an interrupt or preempt_schedule
	ReasonPark    // it blocks; whoever wakes it brings it back
	ReasonLeave   // it leaves the kernel
	ReasonExit    // it has ended
)

// Preempt-count bits that the assembly of more than one package needs.
const (
	// NoNeed is the inverted need-resched bit: set when nothing is wanted.
	NoNeed = 1 << 31
	// Active is PREEMPT_ACTIVE.
	Active = 1 << 24
)
