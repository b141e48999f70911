package bench

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// onThread runs f on a thread of its own, pinned to the machine's CPU cpu, that
// ends with f.
func onThread(b *testing.B, cpu int, f func()) {
	b.Helper()
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
	if err := <-failed; err != nil {
		b.Fatal(err)
	}
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

// machineCPUs returns the first and the last CPU that the process may use.
func machineCPUs(b *testing.B) (first, last int) {
	b.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(unix.Getpid(), &set); err != nil {
		b.Fatal(err)
	}
	first = -1
	for i := range len(set) * 64 {
		if set.IsSet(i) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	return first, last
}

// twoCPUs is machineCPUs, or skips b if there is only one.
func twoCPUs(b *testing.B) (first, last int) {
	b.Helper()
	first, last = machineCPUs(b)
	if first == last {
		b.Skip("needs two CPUs of the machine")
	}
	return first, last
}
