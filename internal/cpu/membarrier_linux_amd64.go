package cpu

import (
	"sync"

	"golang.org/x/sys/unix"
)

const (
	membarrierPrivateExpedited         = 1 << 3
	membarrierRegisterPrivateExpedited = 1 << 4
)

var registerMembarrier = sync.OnceValue(func() bool {
	_, _, err := unix.Syscall(unix.SYS_MEMBARRIER, membarrierRegisterPrivateExpedited, 0, 0)
	return err == 0
})

// Membarrier returns after every thread of the process that runs has executed a
// full memory barrier: so others that synchronise with the caller need none of
// their own. It reports whether that could be had. Context: any goroutine. Cost:
// a system call and an interrupt for each CPU.
func Membarrier() bool {
	if !registerMembarrier() {
		return false
	}
	_, _, err := unix.Syscall(unix.SYS_MEMBARRIER, membarrierPrivateExpedited, 0, 0)
	return err == 0
}
