package loads

import (
	"math/rand/v2"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Loads that lock their goroutine to its thread.
var threads = []Load{
	{Name: "threads/lock", Run: lockThread, Holds: true},
	{Name: "threads/exit", Run: exitLocked, Heavy: true, Holds: true},
}

// sameThread blocks in several ways and checks that the thread stays id.
func sameThread(id int, r *rand.Rand) error {
	c := make(chan int)
	for i := range 6 {
		switch i % 3 {
		case 0:
			runtime.Gosched()
		case 1:
			time.Sleep(time.Duration(r.IntN(100)) * time.Microsecond)
		case 2:
			go func() { c <- unix.Gettid() }()
			if other := <-c; other == id {
				return damaged("thread", "another goroutine ran on thread %d, which is locked", id)
			}
		}
		if err := spin(r); err != nil {
			return err
		}
		if now := unix.Gettid(); now != id {
			return damaged("thread", "a locked goroutine went from thread %d to %d", id, now)
		}
	}
	return nil
}

func lockThread(r *rand.Rand) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	id := unix.Gettid()
	runtime.LockOSThread() // locks nest
	runtime.UnlockOSThread()
	return sameThread(id, r)
}

// exitLocked ends a goroutine that is locked to its thread, so the thread ends
// with it, and that was in the middle of using it.
func exitLocked(r *rand.Rand) error {
	a, b := r.Uint64(), r.Uint64()
	return onNewStack(func() error {
		runtime.LockOSThread() // never unlocked
		return sameThread(unix.Gettid(), rand.New(rand.NewPCG(a, b)))
	})
}
