//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"fmt"
	"os"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"golang.org/x/sys/unix"
)

// sigaction is the kernel's struct sigaction.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const sigevThreadID = 4 // SIGEV_THREAD_ID

// sigevent is the kernel's struct sigevent with SIGEV_THREAD_ID.
type sigevent struct {
	value  uint64
	signo  int32
	notify int32
	thread int32
	_      [11]int32
}

// siginfo is the part of the kernel's siginfo_t that rt_tgsigqueueinfo needs.
type siginfo struct {
	signo, errno, code, _ int32
	pid, uid              int32
	value                 uint64
	_                     [12]uint64
}

// Words that interrupt_amd64.s reads.
var (
	cookie       uint64   = 0x676f6b65726e4951 // tells our signals by their value
	chainHandler uintptr                       // the handler that had our signal before
	urgHandler   uintptr                       // Go's handler of SIGURG, its preemption signal
	disarmed     [4]int64                      // an itimerspec of zeros
	armed        [4]int64                      // an itimerspec of one slice
	again        [4]int64                      // one of 50 µs, and slices after that
	rarely       [4]int64                      // one of 16 slices
)

var (
	interruptSignal int
	oldAction       sigaction
	ipiInfo         siginfo
	pid             = uintptr(os.Getpid())
)

func rtSigaction(sig int, new, old *sigaction) error {
	if r := cpu.Syscall(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(new)), uintptr(unsafe.Pointer(old)), 8, 0, 0); r < 0 {
		return fmt.Errorf("rt_sigaction of signal %d: %w", sig, unix.Errno(-r))
	}
	return nil
}

// InstallInterrupt makes interrupt the handler of a real-time signal that
// nobody but Go handles, with Go's own flags, mask and restorer (SA_ONSTACK is
// mandatory), and returns the signal's number.
func InstallInterrupt() (int, error) {
	var urg sigaction
	if err := rtSigaction(int(unix.SIGURG), nil, &urg); err != nil {
		return 0, err
	}
	if urg.handler <= 1 {
		return 0, fmt.Errorf("SIGURG, which Go preempts with, is ignored or has no handler")
	}
	// From the top, where few programs look: 64 is valgrind's, 32 to 34 are libc's.
	for sig := 62; sig > 40; sig-- {
		var old sigaction
		if err := rtSigaction(sig, nil, &old); err != nil {
			return 0, err
		}
		if old.handler != urg.handler {
			continue // the program has put its own there
		}
		urgHandler, chainHandler = urg.handler, old.handler
		new := old
		new.handler = interruptPC()
		if err := rtSigaction(sig, &new, nil); err != nil {
			return 0, err
		}
		oldAction, interruptSignal = old, sig
		ipiInfo = siginfo{signo: int32(sig), code: -1, pid: int32(pid), uid: int32(os.Getuid()), value: cookie}
		return sig, nil
	}
	return 0, fmt.Errorf("every real-time signal has a handler that is not Go's")
}

// RemoveInterrupt puts the signal's old handler back.
func RemoveInterrupt() error {
	if interruptSignal == 0 {
		return nil
	}
	sig := interruptSignal
	interruptSignal = 0
	return rtSigaction(sig, &oldAction, nil)
}

// InterruptIntact reports whether our handler is still the signal's: a program
// that calls os/signal.Ignore without arguments takes it away.
func InterruptIntact() bool {
	var now sigaction
	return rtSigaction(interruptSignal, nil, &now) == nil && now.handler == interruptPC()
}

// RepairInterrupt makes our handler the signal's again.
func RepairInterrupt() error {
	new := oldAction
	new.handler = interruptPC()
	return rtSigaction(interruptSignal, &new, nil)
}

// NewTimer creates a timer of this thread, disarmed: its tick, or the one for its
// high-resolution timers.
func NewTimer() (int32, error) {
	ev := sigevent{value: cookie, signo: int32(interruptSignal), notify: sigevThreadID, thread: Gettid()}
	var id int32
	if r := cpu.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&ev)), uintptr(unsafe.Pointer(&id)), 0, 0, 0); r < 0 {
		return 0, fmt.Errorf("timer_create: %w", unix.Errno(-r))
	}
	return id, nil
}

// DeleteTimer deletes a timer. Context: any.
//
//go:norace
func DeleteTimer(id int32) { cpu.Syscall(unix.SYS_TIMER_DELETE, uintptr(id), 0, 0, 0, 0, 0) }

// SetSlice sets the period of all tick timers, in nanoseconds.
func SetSlice(ns int64) {
	armed = [4]int64{ns / 1e9, ns % 1e9, ns / 1e9, ns % 1e9}
	again = [4]int64{ns / 1e9, ns % 1e9, 0, 50_000}
	ns *= 16
	rarely = [4]int64{ns / 1e9, ns % 1e9, ns / 1e9, ns % 1e9}
}

// SetTimer starts or stops a tick timer. Context: any.
//
//go:norace
func SetTimer(id int32, run bool) {
	spec := &disarmed
	if run {
		spec = &armed
	}
	cpu.Syscall(unix.SYS_TIMER_SETTIME, uintptr(id), 0, uintptr(unsafe.Pointer(spec)), 0, 0, 0)
}

// ArmAt has a timer expire once, when Nanotime is ns. Context: any.
//
//go:norace
func ArmAt(id int32, ns int64) {
	at := [4]int64{2: ns / 1e9, 3: ns % 1e9}
	const absolute = 1 // TIMER_ABSTIME
	cpu.Syscall(unix.SYS_TIMER_SETTIME, uintptr(id), absolute, uintptr(unsafe.Pointer(&at)), 0, 0, 0)
}

// Bubbled reports whether the caller is in a bubble of testing/synctest, where
// time is not the host's. Context: a goroutine.
func Bubbled() bool { return isBubbled() }

// Nanotime is the host's monotonic clock, in ns. Context: any, but a bubble's.
//
//go:norace
func Nanotime() int64 { return nanotime() }

// Interrupt sends an inter-processor interrupt to the thread, and reports whether
// it could. Context: any.
//
//go:norace
func Interrupt(tid int32) bool {
	return cpu.Syscall(unix.SYS_RT_TGSIGQUEUEINFO, pid, uintptr(tid), uintptr(interruptSignal), uintptr(unsafe.Pointer(&ipiInfo)), 0, 0) == 0
}

// BlockInterrupt masks (or unmasks) the interrupt signal on this thread.
// Context: the caller stays on its thread.
//
//go:norace
func BlockInterrupt(block bool) {
	set := uint64(1) << (interruptSignal - 1)
	how := uintptr(unix.SIG_UNBLOCK)
	if block {
		how = unix.SIG_BLOCK
	}
	cpu.Syscall(unix.SYS_RT_SIGPROCMASK, how, uintptr(unsafe.Pointer(&set)), 0, 8, 0, 0)
}

// Futex operations on a word of the kernel's, without Go's scheduler knowing.

// FutexWait sleeps while *p is v, at most ns nanoseconds, or until a signal. It
// reports whether the time has passed.
//
//go:norace
func FutexWait(p *uint32, v uint32, ns int64) (timeout bool) {
	ts := [2]int64{ns / 1e9, ns % 1e9}
	return -int(unix.ETIMEDOUT) == cpu.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(p)), 128 /* FUTEX_WAIT_PRIVATE */, uintptr(v), uintptr(unsafe.Pointer(&ts)), 0, 0)
}

// FutexWake wakes one sleeper on p.
//
//go:norace
func FutexWake(p *uint32) {
	cpu.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(p)), 129 /* FUTEX_WAKE_PRIVATE */, 1, 0, 0, 0)
}
