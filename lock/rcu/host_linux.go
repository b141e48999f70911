package rcu

import (
	"time"

	"golang.org/x/sys/unix"
)

// hostSleep takes the thread off the machine's CPU for about d. Go's own sleep
// is no use for microseconds: it may take a millisecond.
func hostSleep(d time.Duration) {
	t := unix.NsecToTimespec(d.Nanoseconds())
	_ = unix.Nanosleep(&t, nil) // EINTR: look again
}
