//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// refusal is a system call that a hardened system refuses: if bits is not 0, only
// where argument arg has all of them.
type refusal struct {
	nr   uint32
	arg  uint32
	bits uint32
}

// refuse has Linux answer EPERM to such calls of this process from now on, by a
// seccomp filter. That cannot be undone: call it in a child.
func refuse(t *testing.T, r refusal) {
	t.Helper()
	const (
		allow   = 0x7fff0000     // SECCOMP_RET_ALLOW
		deny    = 0x00050000 | 1 // SECCOMP_RET_ERRNO | EPERM
		offNr   = 0              // in struct seccomp_data
		offArgs = 16             // 8 bytes each, low half first
		setMode = 1              // SECCOMP_SET_MODE_FILTER
		tsync   = 1              // SECCOMP_FILTER_FLAG_TSYNC: all threads
		load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		and     = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
		ret     = unix.BPF_RET | unix.BPF_K
	)
	program := []unix.SockFilter{
		{Code: load, K: offNr},
		{Code: equal, K: r.nr, Jf: 4},
		{Code: load, K: offArgs + 8*r.arg},
		{Code: and, K: r.bits},
		{Code: equal, K: r.bits, Jf: 1},
		{Code: ret, K: deny},
		{Code: ret, K: allow},
	}
	require.NoError(t, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, setMode, tsync, uintptr(unsafe.Pointer(&prog))); errno != 0 {
		t.Skip("this Linux has no seccomp filters: ", errno)
	}
}

// action is the kernel's struct sigaction.
type action struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// actions returns what each signal does.
func actions(t *testing.T) (all [64]action) {
	for i := range all {
		_, _, errno := unix.Syscall6(unix.SYS_RT_SIGACTION, uintptr(i+1), 0, uintptr(unsafe.Pointer(&all[i])), 8, 0, 0)
		require.Zero(t, errno)
	}
	return all
}

// blockSignals blocks signals on the calling thread.
func blockSignals(mask uint64) error {
	if _, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_BLOCK, uintptr(unsafe.Pointer(&mask)), 0, 8, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
