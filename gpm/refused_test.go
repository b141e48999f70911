//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/leak"
)

// untouched returns a function that checks that all which Boot changes is as it
// was, and that the process works.
func untouched(t *testing.T) func() {
	before, procs, acts := leak.Take(), runtime.GOMAXPROCS(0), actions(t)
	return func() {
		t.Helper()
		require.Zero(t, goport.Patched(), "call sites left retargeted")
		require.Equal(t, procs, runtime.GOMAXPROCS(0))
		require.Equal(t, acts, actions(t))
		require.Empty(t, before.Diff())
		works(t)
	}
}

// works uses what a kernel interferes with, on ordinary goroutines.
func works(t *testing.T) {
	t.Helper()
	procs := runtime.GOMAXPROCS(1)
	require.Equal(t, 1, runtime.GOMAXPROCS(procs), "GOMAXPROCS is held")
	var wg sync.WaitGroup
	c := make(chan int)
	for i := range 50 {
		wg.Add(2)
		go func() { defer wg.Done(); time.Sleep(time.Duration(i) * time.Microsecond); c <- i }()
		go func() { defer wg.Done(); runtime.Gosched(); <-c }()
	}
	runtime.GC()
	debug.FreeOSMemory()
	wg.Wait()
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	defer signal.Stop(got)
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	require.Equal(t, syscall.SIGUSR1, <-got)
}

// On a system that refuses one of the calls a kernel needs, Boot fails with an
// error that names what is refused, at whatever point that is found out, and
// nothing has changed.
func TestRefused(t *testing.T) {
	const writeExec = unix.PROT_WRITE | unix.PROT_EXEC
	times := 2
	if testing.Short() {
		times = 1
	}
	for _, c := range []struct {
		name string
		refusal
		says string
		errs []error // what the error is, besides ErrUnsupported
	}{
		{"writable text", refusal{unix.SYS_MPROTECT, 2, writeExec}, "the runtime's text cannot be made writable", []error{unix.EPERM}},
		{"affinity", refusal{nr: unix.SYS_SCHED_SETAFFINITY}, "CPU 0: sched_setaffinity", []error{unix.EPERM}},
		{"timers", refusal{nr: unix.SYS_TIMER_CREATE}, "CPU 0: timer_create", []error{unix.EPERM}},
		{"interrupts", refusal{nr: unix.SYS_RT_TGSIGQUEUEINFO}, "self-test: a loop with calls is preempted", []error{errNoInterrupt}},
		{"ticks", refusal{nr: unix.SYS_TIMER_SETTIME}, "self-test: a tick ends a slice", []error{errNoTick}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			if !inChild(t) {
				return
			}
			check := untouched(t)
			refuse(t, c.refusal)
			for range times {
				k, err := Boot(Config{})
				require.Nil(t, k)
				require.ErrorIs(t, err, ErrUnsupported)
				for _, is := range c.errs {
					require.ErrorIs(t, err, is)
				}
				require.ErrorContains(t, err, c.says)
				t.Log(err)
				check()
			}
		})
	}
}

// Where the text cannot be made writable any more, Shutdown says so; all else is
// as before Boot, and the hooks that stay do nothing.
func TestRefusedAtShutdown(t *testing.T) {
	if !inChild(t) {
		return
	}
	before, procs, acts := leak.Take(), runtime.GOMAXPROCS(0), actions(t)
	k, err := Boot(Config{})
	require.NoError(t, err)
	patched := goport.Patched()
	refuse(t, refusal{unix.SYS_MPROTECT, 2, unix.PROT_WRITE | unix.PROT_EXEC})
	err = k.Shutdown(t.Context())
	require.ErrorIs(t, err, unix.EPERM)
	require.ErrorContains(t, err, "the runtime's text cannot be made writable")
	t.Log(err)
	require.Equal(t, patched, goport.Patched())
	require.Equal(t, procs, runtime.GOMAXPROCS(0))
	require.Equal(t, acts, actions(t))
	require.Empty(t, before.Diff())
	works(t)
	_, err = Boot(Config{})
	require.ErrorIs(t, err, ErrUnsupported)
	t.Log(err)
	works(t)
}
