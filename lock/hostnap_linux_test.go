package lock_test

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/measure"
)

// hostNap takes the thread off its CPU of the machine. Go sees it, so the world can
// stop.
func hostNap(d time.Duration) {
	t := unix.NsecToTimespec(d.Nanoseconds())
	_ = unix.Nanosleep(&t, nil)
}

// hostAway lets another thread have this CPU of the machine, if one waits for it.
func hostAway() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// threadTime returns the CPU time that the thread has used.
func threadTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hostCPU returns a CPU of the machine that the process may use.
func hostCPU() (int, error) {
	all, err := measure.MachineCPUs()
	if err != nil {
		return 0, err
	}
	return all[0], nil
}
