//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
	"golang.org/x/sys/unix"
)

// Who wakes a task for a CPU may send its interrupt to, or start the timer of, a
// thread that goes away with another task at that very moment. Once the CPU then
// had no interrupts, or no ticks, any more.
func TestInterruptsAfterDepartures(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	var stop atomic.Bool
	var tasks []*Task
	for range 4 {
		tasks = append(tasks, spawn(t, k, Attr{CPUs: []int{0}}, func() {
			for !stop.Load() {
				runtime.LockOSThread()
				time.Sleep(20 * time.Microsecond)
				runtime.UnlockOSThread()
				time.Sleep(time.Microsecond)
			}
		}))
	}
	wake := make(chan bool)
	tasks = append(tasks, spawn(t, k, Attr{Policy: FIFO, Priority: 9, CPUs: []int{0}}, func() {
		for range wake {
		}
	}))
	rounds := 0
	for end := time.Now().Add(hammerTime(0.1)); time.Now().Before(end) || k.Stats().CPUs[0].Departures < 100; rounds++ {
		wake <- true
	}
	close(wake)
	stop.Store(true)
	wait(t, tasks...)
	s := k.Stats()
	t.Logf("%d wake-ups, %d departures, %d interrupts", rounds, s.CPUs[0].Departures, s.CPUs[0].IPIs)
	_, err := k.SelfTest()
	require.NoError(t, err)
}

// While Linux can queue no signal, ticks do what interrupts should; afterwards
// there are interrupts again.
func TestInterruptsThatCannotBeQueued(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	restore := limitSignals(t, 0)
	var s spinner
	err := k.spawnSpinner("loop", &s, k.loop())
	if err == nil {
		err = until(s.hasStarted)
	}
	ran := make(chan struct{})
	high, _ := k.Spawn(Attr{Policy: FIFO, Priority: 1, CPUs: []int{0}}, func() { close(ran) })
	if err == nil {
		err = await(ran)
	}
	if err == nil {
		if err = s.task.SetAttr(Attr{CPUs: []int{1}}); err == nil {
			err = until(func() bool { return s.task.CPU() == 1 })
		}
	}
	ended := s.hasEnded()
	s.halt()
	restore()
	require.NoError(t, err)
	require.False(t, ended, "the loop ended by itself")
	wait(t, high, s.task)
	_, err = k.SelfTest()
	require.NoError(t, err)
}

// A process may inherit blocked signals from the one that started it, and Go
// keeps them blocked on all its threads. A CPU's thread must have its own.
func TestInterruptBlockedFromStart(t *testing.T) {
	if !inChild(t) {
		return
	}
	const again = "GOKERN_TEST_BLOCKED"
	if os.Getenv(again) == "" {
		runtime.LockOSThread()
		require.NoError(t, blockSignals(1<<62-1<<40)) // 41 to 62
		require.NoError(t, syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), again+"=1")))
	}
	var mask unix.Sigset_t
	require.NoError(t, unix.PthreadSigmask(unix.SIG_BLOCK, nil, &mask))
	require.NotZero(t, mask.Val[0]&(1<<61), "Go has unblocked signal 62")
	check := untouched(t)
	k, err := Boot(Config{})
	require.NoError(t, err)
	shutdown(t, k)
	check()
}
