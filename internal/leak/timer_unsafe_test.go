//go:build linux

package leak

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestTimer(t *testing.T) {
	if _, err := os.Stat("/proc/self/timers"); err != nil {
		t.Skip("this Linux does not list timers:", err)
	}
	before := Take()
	// struct sigevent: the value to deliver, the signal, and how: not at all.
	event := struct {
		value          uint64
		signal, notify int32
		_              [48]byte
	}{notify: 1}
	var id int32
	if _, _, errno := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&id))); errno != 0 {
		t.Fatal(errno)
	}
	expect(t, before, "timer ")
	if _, _, errno := unix.Syscall(unix.SYS_TIMER_DELETE, uintptr(id), 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	expect(t, before)
}
