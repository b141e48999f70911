package measure

import (
	"errors"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// CPUTime returns the CPU time that the process has used, 0 if unknown.
func CPUTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// OnThread runs f on a thread of its own, pinned to the machine's CPU cpu, that
// ends with f.
func OnThread(cpu int, f func()) error {
	failed := make(chan error)
	go func() {
		defer close(failed)
		runtime.LockOSThread() // never unlocked: the affinity must not live on
		if unix.Gettid() == unix.Getpid() {
			// The main thread cannot end. As it is locked, this is another one.
			done := make(chan struct{})
			go func() { defer close(done); runtime.LockOSThread(); failed <- pinned(cpu, f) }()
			<-done
			runtime.UnlockOSThread()
			return
		}
		failed <- pinned(cpu, f)
	}()
	return <-failed
}

func pinned(cpu int, f func()) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return err
	}
	f()
	return nil
}

// MachineCPUs returns the CPUs of the machine that the process may use, in order.
func MachineCPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(unix.Getpid(), &set); err != nil {
		return nil, err
	}
	var cpus []int
	for i := range len(set) * 64 {
		if set.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	if len(cpus) == 0 {
		return nil, errors.New("no CPU that the process may use")
	}
	return cpus, nil
}
