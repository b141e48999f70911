//go:build !linux

package lock

import "time"

// No task runs on this system; who waits for a SeqCount's writer is an ordinary
// goroutine.

func hostYield() { time.Sleep(0) }

func hostSleep(d time.Duration) { time.Sleep(d) }
