//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"fmt"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"golang.org/x/sys/unix"
)

// How Linux schedules a CPU's thread: on the CPU of the machine that it is pinned
// to, and in slices a little longer than other threads'. Where slices differ
// (EEVDF, Linux 6.12 and later) a thread that wakes preempts one with longer slices
// at once; among equals it waits for the end of a slice, or for a tick of 4 ms.
// Go's ordinary threads, which read the network, are such. No longer than that,
// for a sched_yield, which Go's locks make, costs the thread a slice.

// maxSlice is the longest that Linux takes, in ns.
const maxSlice = 100_000_000

// wideMask are the CPUs that the process may use.
var wideMask unix.CPUSet

// SetHost says what Bind will ask for: pin, if it is not empty, and slices longer
// than the calling thread has. wide are the CPUs that the process may use.
func SetHost(b *cpu.Block, pin, wide *unix.CPUSet) {
	wideMask = *wide
	if pin.Count() != 0 {
		b.Pin = uintptr(unsafe.Pointer(pin))
	}
	attr, err := unix.SchedGetAttr(0, 0)
	if err == nil && attr.Policy == unix.SCHED_NORMAL {
		b.HostSlice = attr.Runtime // 0 if Linux has no such thing
	}
}

// Bind makes Linux schedule the calling thread as b's. It allocates only for an
// error.
func Bind(b *cpu.Block) error {
	if r := goBind(b); r < 0 {
		return fmt.Errorf("sched_setaffinity: %w", unix.Errno(-r))
	}
	return nil
}

// Unbind undoes Bind. Context: any.
//
//go:norace
func Unbind(b *cpu.Block) { goUnbind(b) }

// goBind is also called by afterFork, where the stack must not grow: the check in
// forkAndExecInChild1's prologue leaves 800 bytes below its frame, and from the hook
// down this takes some 270.
//
//go:norace
//go:nosplit
func goBind(b *cpu.Block) int {
	setSlice(min(b.HostSlice+b.HostSlice/8, maxSlice))
	if b.Pin == 0 {
		return 0
	}
	return setAffinity((*unix.CPUSet)(addr(b.Pin)))
}

// goUnbind is also called by beforeFork, where the stack must not grow.
//
//go:norace
//go:nosplit
func goUnbind(b *cpu.Block) {
	setSlice(b.HostSlice)
	if b.Pin != 0 {
		setAffinity(&wideMask)
	}
}

// setAffinity is nosplit for goBind.
//
//go:norace
//go:nosplit
func setAffinity(set *unix.CPUSet) int {
	return cpu.Syscall(unix.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(*set), uintptr(unsafe.Pointer(set)), 0, 0, 0)
}

// setSlice changes the calling thread's slices, and nothing else, unless ns is 0.
// It is a wish: a Linux that forbids it keeps its own. It is nosplit for goBind.
//
//go:norace
//go:nosplit
func setSlice(ns uint64) {
	if ns == 0 {
		return
	}
	var attr unix.SchedAttr
	if cpu.Syscall(unix.SYS_SCHED_GETATTR, 0, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0, 0, 0) == 0 {
		attr.Runtime = ns
		cpu.Syscall(unix.SYS_SCHED_SETATTR, 0, uintptr(unsafe.Pointer(&attr)), 0, 0, 0, 0)
	}
}
