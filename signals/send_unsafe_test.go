//go:build linux

package signals_test

import (
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// sigqueue is sigqueue(3): unlike Kill's, each real-time signal counts, and none is
// merged with another. It reports whether Linux has room for one more.
func sigqueue(t testing.TB, sig unix.Signal, value uint64) bool {
	t.Helper()
	info := struct {
		signo, errno, code, _ int32
		pid, uid              int32
		value                 uint64
		_                     [12]uint64
	}{signo: int32(sig), code: -1, pid: int32(os.Getpid()), uid: int32(os.Getuid()), value: value}
	_, _, err := unix.Syscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(os.Getpid()), uintptr(sig), uintptr(unsafe.Pointer(&info)))
	if err == unix.EAGAIN {
		return false
	}
	require.Zero(t, err)
	return true
}
