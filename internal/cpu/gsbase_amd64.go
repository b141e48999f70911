//go:build linux && amd64

package cpu

import "unsafe"

// This returns the block of the CPU that runs the caller, nil on a thread that
// is none. Context: any; but the answer is stable only where the caller cannot
// be moved: on g0, in a signal handler, with preemption off.
//
//go:noescape
func This() *Block

// Current returns the task that runs on this CPU, nil outside a task. It is
// stable for the caller's own task wherever it is called.
//
//go:noescape
func Current() unsafe.Pointer

// SetGS makes b the block of this thread; nil makes it an ordinary thread.
// Context: the thread is locked and stays so until SetGS(nil).
//
//go:noescape
func SetGS(b *Block)

// Cycles reads the time-stamp counter.
func Cycles() uint64

// Pause tells the processor that this is a spinning loop.
func Pause()

// Fence completes all stores before it ahead of any load after it.
func Fence()

// FoldNeed clears the inverted need-resched bit of this CPU's
// count, in one instruction, so an interrupt cannot tear it.
//
//go:noescape
func FoldNeed(b *Block)

// Syscall makes a system call without telling Go's scheduler. It returns the
// kernel's result, -errno for an error. Context: any.
//
//go:noescape
func Syscall(nr, a1, a2, a3, a4, a5, a6 uintptr) int

// The operations below find this CPU's block and change it in one assembly
// function, so the caller cannot be moved between. Outside a kernel thread they
// change nothing and return ok = false.

// AddCount adds n, modulo 1<<32, to the preempt_count and returns the new word.
func AddCount(n uint32) (word uint32, ok bool)

// ClearActive takes PREEMPT_ACTIVE out of the preempt_count.
func ClearActive()

// Word returns the preempt_count's whole word.
func Word() (word uint32, ok bool)

// AddIRQOff adds n, modulo 1<<32, to the nesting depth of softly masked
// interrupts and returns the depth before.
func AddIRQOff(n uint32) (old uint32, ok bool)

// OrIRQOff sets bits of that word and returns the one before.
func OrIRQOff(bits uint32) (old uint32, ok bool)

// AndIRQOff keeps bits of that word and returns the new one.
func AndIRQOff(bits uint32) (word uint32, ok bool)

// AddHardOff adds n, modulo 1<<32, to the depth of interrupts masked by the
// signal mask and returns the new depth.
func AddHardOff(n uint32) (depth uint32, ok bool)

// SetIRQOff sets that depth and returns the one before.
func SetIRQOff(n uint32) (old uint32, ok bool)

// IRQOff returns how deep interrupts are masked, softly and hard.
func IRQOff() (soft, hard uint32)

// TakePending returns and clears the note that an interrupt came while they
// were masked.
func TakePending() bool

// Number returns this CPU's number, -1 on an ordinary thread.
func Number() int

// SetNeed asks this CPU to switch: the word that other threads set, and the
// inverted bit of the count. Outside a kernel thread it does nothing.
func SetNeed()
