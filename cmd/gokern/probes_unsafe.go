//go:build linux && amd64

package main

import (
	"os"
	"runtime"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"golang.org/x/sys/unix"
)

// addProbes tries the system calls that virtual CPUs live by; a sandbox may
// forbid some. None has an effect that stays.
func addProbes(r *report) {
	value := "yes"
	if !cpu.HasFSGSBase() {
		value = "no, Linux 5.9 or later on a processor that can is needed"
	}
	r.add(groupSystem, "FSGSBASE", value, "auxiliary vector, AT_HWCAP2", have(cpu.HasFSGSBase()))

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, p := range []struct {
		name string
		try  func() unix.Errno
	}{
		{"POSIX timers for a thread", tryTimer},
		{"rt_tgsigqueueinfo", tryQueue},
	} {
		value, err := "yes", p.try()
		if err != 0 {
			value = "no: " + err.Error()
		}
		r.add(groupSystem, p.name, value, "tried", have(err == 0))
	}
}

// tryTimer creates a timer that signals this thread, never arms it, and deletes it.
func tryTimer() unix.Errno {
	const sigevThreadID = 4 // SIGEV_THREAD_ID
	event := struct {
		value  uint64
		signal int32
		notify int32
		thread int32
		_      [11]int32
	}{signal: int32(unix.SIGURG), notify: sigevThreadID, thread: int32(unix.Gettid())}
	var id int32
	_, _, err := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&id)))
	if err != 0 {
		return err
	}
	_, _, err = unix.Syscall(unix.SYS_TIMER_DELETE, uintptr(id), 0, 0)
	return err
}

// tryQueue sends this thread signal 0, which Linux checks and does not deliver.
func tryQueue() unix.Errno {
	info := struct {
		signo, errno, code, _ int32
		_                     [14]uint64
	}{code: -1} // SI_QUEUE
	_, _, err := unix.Syscall6(unix.SYS_RT_TGSIGQUEUEINFO, uintptr(os.Getpid()), uintptr(unix.Gettid()), 0, uintptr(unsafe.Pointer(&info)), 0, 0)
	return err
}

const signals = 64 // Linux numbers them from 1 to 64

// handlers returns the address of each signal's handler, 0 where that is not
// to be known.
func handlers() (list [signals + 1]uintptr) {
	for sig := 1; sig <= signals; sig++ {
		var action struct { // the kernel's struct sigaction
			handler  uintptr
			flags    uint64
			restorer uintptr
			mask     uint64
		}
		_, _, err := unix.Syscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&action)), unsafe.Sizeof(action.mask), 0, 0)
		if err == 0 {
			list[sig] = action.handler
		}
	}
	return list
}
