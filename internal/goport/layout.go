//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// Offsets of cpu.Block and constants of package cpu for the assembly, which
// sees them in go_asm.h as const_NAME.
const (
	blockSelf       = unsafe.Offsetof(cpu.Block{}.Self)
	blockCount      = unsafe.Offsetof(cpu.Block{}.Count)
	blockID         = unsafe.Offsetof(cpu.Block{}.ID)
	blockIRQOff     = unsafe.Offsetof(cpu.Block{}.IRQOff)
	blockHardOff    = unsafe.Offsetof(cpu.Block{}.HardOff)
	blockPending    = unsafe.Offsetof(cpu.Block{}.Pending)
	blockSliced     = unsafe.Offsetof(cpu.Block{}.Sliced)
	blockExpired    = unsafe.Offsetof(cpu.Block{}.Expired)
	blockWanted     = unsafe.Offsetof(cpu.Block{}.Wanted)
	blockTickIdle   = unsafe.Offsetof(cpu.Block{}.TickIdle)
	blockHRDue      = unsafe.Offsetof(cpu.Block{}.HRDue)
	blockVisit      = unsafe.Offsetof(cpu.Block{}.Visit)
	blockLineDue    = unsafe.Offsetof(cpu.Block{}.LineDue)
	blockReason     = unsafe.Offsetof(cpu.Block{}.Reason)
	blockIdleSwitch = unsafe.Offsetof(cpu.Block{}.IdleSwitch)
	blockIdleWake   = unsafe.Offsetof(cpu.Block{}.IdleWake)
	blockStuck      = unsafe.Offsetof(cpu.Block{}.Stuck)
	blockStalled    = unsafe.Offsetof(cpu.Block{}.Stalled)
	blockLeaving    = unsafe.Offsetof(cpu.Block{}.Leaving)
	blockCurrent    = unsafe.Offsetof(cpu.Block{}.Current)
	blockNext       = unsafe.Offsetof(cpu.Block{}.Next)
	blockIdleG      = unsafe.Offsetof(cpu.Block{}.IdleG)
	blockQuiet      = unsafe.Offsetof(cpu.Block{}.Quiet)
	blockAsked      = unsafe.Offsetof(cpu.Block{}.Asked)
	blockSample     = unsafe.Offsetof(cpu.Block{}.Sample)
	blockSampleTop  = unsafe.Offsetof(cpu.Block{}.SampleTop)
	blockTrace      = unsafe.Offsetof(cpu.Block{}.Trace)
	blockSampleLen  = unsafe.Offsetof(cpu.Block{}.SampleLen)
	blockCredited   = unsafe.Offsetof(cpu.Block{}.Credited)
	blockChain      = unsafe.Offsetof(cpu.Block{}.Chain)
	blockNow        = unsafe.Offsetof(cpu.Block{}.Now)
	blockSliceStart = unsafe.Offsetof(cpu.Block{}.SliceStart)
	blockSliceUsed  = unsafe.Offsetof(cpu.Block{}.SliceUsed)
	blockSliceMin   = unsafe.Offsetof(cpu.Block{}.SliceMin)
	blockIRQs       = unsafe.Offsetof(cpu.Block{}.IRQs)
	blockTicks      = unsafe.Offsetof(cpu.Block{}.Ticks)
	blockHRIRQs     = unsafe.Offsetof(cpu.Block{}.HRIRQs)
	blockIPIs       = unsafe.Offsetof(cpu.Block{}.IPIs)
	blockMasked     = unsafe.Offsetof(cpu.Block{}.Masked)
	blockWants      = unsafe.Offsetof(cpu.Block{}.Wants)
	blockMisses     = unsafe.Offsetof(cpu.Block{}.Misses)
	blockAsync      = unsafe.Offsetof(cpu.Block{}.Async)
	blockSync       = unsafe.Offsetof(cpu.Block{}.Sync)
	blockYields     = unsafe.Offsetof(cpu.Block{}.Yields)
	blockParks      = unsafe.Offsetof(cpu.Block{}.Parks)
	blockStops      = unsafe.Offsetof(cpu.Block{}.Stops)
	blockDeferred   = unsafe.Offsetof(cpu.Block{}.Deferred)
	blockNeed       = unsafe.Offsetof(cpu.Block{}.Need)
	blockNeedLazy   = unsafe.Offsetof(cpu.Block{}.NeedLazy)
	blockFair       = unsafe.Offsetof(cpu.Block{}.Fair)
	blockIPI        = unsafe.Offsetof(cpu.Block{}.IPI)
	blockWaiting    = unsafe.Offsetof(cpu.Block{}.Waiting)
	blockArmed      = unsafe.Offsetof(cpu.Block{}.Armed)
	blockTimerID    = unsafe.Offsetof(cpu.Block{}.TimerID)
	blockHRTimer    = unsafe.Offsetof(cpu.Block{}.HRTimer)

	reasonYield   = cpu.ReasonYield
	reasonPreempt = cpu.ReasonPreempt
	reasonPark    = cpu.ReasonPark
	reasonLeave   = cpu.ReasonLeave
	reasonExit    = cpu.ReasonExit
	countActive   = cpu.Active
	askSample     = cpu.AskSample
	sampleMax     = len(cpu.Block{}.Sample)
	readerSpecial = cpu.ReaderSpecial
	readerDepth   = cpu.ReaderDepth

	modelWord      = cpu.ModelOffset
	modelLazy      = cpu.ModelLazy
	modelVoluntary = cpu.ModelVoluntary
)

// Package cpu's assembly knows where in a Task its Reader is.
var _ = [1]struct{}{}[unsafe.Offsetof(Task{}.Reader)-cpu.ReaderOffset]

// Its flags are in the same eight bytes.
var _ = [1]struct{}{}[unsafe.Offsetof(Task{}.flags)-cpu.ReaderOffset-4]
