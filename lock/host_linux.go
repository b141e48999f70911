package lock

import (
	"time"

	"golang.org/x/sys/unix"
)

// Both are system calls that Go knows about (not raw ones): while one lasts, a
// stopping world may take the P. A task in an atomic section stays with its CPU.

// hostYield lets other threads of the machine's CPU run.
func hostYield() { _, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// hostSleep takes the thread off the machine's CPU for d.
func hostSleep(d time.Duration) {
	t := unix.NsecToTimespec(max(1, d.Nanoseconds()))
	_ = unix.Nanosleep(&t, nil) // EINTR: an interrupt of ours, look again
}
