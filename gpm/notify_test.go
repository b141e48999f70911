//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A program's signals come as ever, whatever their number: the kernel's own too,
// sent by anybody to the process or to the thread of a task that computes. None of
// the kernel's interrupts is taken for one of them.
func TestNotifyEverySignal(t *testing.T) {
	if !inChild(t) {
		return
	}
	var all []syscall.Signal
	c := make(chan os.Signal, 1000)
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		switch sig {
		case syscall.SIGKILL, syscall.SIGSTOP, // nobody can ask for these
			syscall.SIGPROF,                                                    // the profiler's: Go gives it to nobody
			syscall.SIGURG,                                                     // Go sends it to itself
			syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, // job control: Go keeps its handler
			32, 33, 34: // libc's
			continue
		}
		all = append(all, sig)
		signal.Notify(c, sig)
	}
	sendAll := func(send func(sig syscall.Signal) error) {
		t.Helper()
		for _, sig := range all {
			require.NoError(t, send(sig))
			select {
			case got := <-c:
				require.Equal(t, sig, got)
			case <-time.After(30 * time.Second):
				require.Fail(t, "lost", "signal %d", sig)
			}
		}
	}
	toProcess := func(sig syscall.Signal) error { return syscall.Kill(os.Getpid(), sig) }
	sendAll(toProcess) // as it is without a kernel

	k := boot(t, Config{CPUs: 1, Slice: 200 * time.Microsecond})
	sendAll(toProcess)
	var s, other spinner // which take turns, by ticks
	defer s.halt()
	defer other.halt()
	forever := func(s *spinner) {
		for !s.hasStopped() {
			call(1)
		}
	}
	require.NoError(t, k.spawnSpinner("one", &s, forever))
	require.NoError(t, k.spawnSpinner("two", &other, forever))
	sendAll(toProcess)
	sendAll(func(sig syscall.Signal) error { return unix.Tgkill(os.Getpid(), k.cpus[0].thread(), sig) })
	in(t, k, Attr{Policy: FIFO, Priority: 1}, func() { sendAll(toProcess) })
	for k.Stats().Total.Ticks < 20 {
		time.Sleep(time.Millisecond)
	}
	s.halt()
	other.halt()
	wait(t, s.task, other.task)
	require.Empty(t, c, "interrupts of the kernel's own")
	signal.Stop(c)
}
