package lock

import (
	"sync"

	"golang.org/x/sys/unix"
)

// Commands of membarrier(2).
const (
	membarrierPrivateExpedited         = 1 << 3
	membarrierRegisterPrivateExpedited = 1 << 4
)

// hasBarrier reports whether allBarrier works.
var hasBarrier = sync.OnceValue(func() bool {
	return membarrier(membarrierRegisterPrivateExpedited) == nil && membarrier(membarrierPrivateExpedited) == nil
})

// allBarrier has every thread of the process pass a full memory barrier.
func allBarrier() { _ = membarrier(membarrierPrivateExpedited) }

func membarrier(cmd uintptr) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_MEMBARRIER, cmd, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
