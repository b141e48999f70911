//go:build !linux

package rcu

import "time"

// There is nobody to wait for on this system.
func hostSleep(d time.Duration) { time.Sleep(d) }
