//go:build linux && amd64 && go1.25 && !go1.28

package bench

import (
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/cpu"
)

// signals is how often countSignal has run. The thread that it interrupts reads
// it with cpu.Load64.
var signals uint64

// countSignalPC returns the address of countSignal: see signal_amd64.s.
func countSignalPC() uintptr

// sigaction and sigevent are the operating system's structs of these names.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

type sigevent struct {
	value  uint64
	signo  int32
	notify int32
	thread int32
	_      [11]int32
}

const (
	bareSignal    = 40 // a real-time signal; the kernel takes one above it
	sigevThreadID = 4  // SIGEV_THREAD_ID
)

// withSignals calls f while a timer sends a signal to the calling thread every
// period. The signal is of the kind that the kernel uses, with the same flags,
// mask and stack, but its handler only adds one to signals. The caller must be
// locked to its thread.
func withSignals(period time.Duration, f func()) error {
	var old sigaction
	if err := call(unix.SYS_RT_SIGACTION, bareSignal, nil, unsafe.Pointer(&old), 8); err != nil {
		return err
	}
	act := old
	act.handler = countSignalPC()
	if err := call(unix.SYS_RT_SIGACTION, bareSignal, unsafe.Pointer(&act), nil, 8); err != nil {
		return err
	}
	defer func() { _ = call(unix.SYS_RT_SIGACTION, bareSignal, unsafe.Pointer(&old), nil, 8) }()

	ev := sigevent{signo: bareSignal, notify: sigevThreadID, thread: int32(unix.Gettid())}
	var id int32
	if err := call(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, unsafe.Pointer(&ev), unsafe.Pointer(&id), 0); err != nil {
		return err
	}
	defer func() { _ = call(unix.SYS_TIMER_DELETE, uintptr(id), nil, nil, 0) }()
	every := unix.NsecToTimespec(int64(period))
	spec := unix.ItimerSpec{Interval: every, Value: every}
	if r := cpu.Syscall(unix.SYS_TIMER_SETTIME, uintptr(id), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0); r < 0 {
		return os.NewSyscallError("timer_settime", unix.Errno(-r))
	}
	f()
	return nil
}

// call makes a system call of the form nr(a, p, q, size).
func call(nr, a uintptr, p, q unsafe.Pointer, size uintptr) error {
	if r := cpu.Syscall(nr, a, uintptr(p), uintptr(q), size, 0, 0); r < 0 {
		return fmt.Errorf("system call %d: %w", nr, unix.Errno(-r))
	}
	return nil
}
