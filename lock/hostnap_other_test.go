//go:build !linux

package lock_test

import "time"

func hostNap(d time.Duration) { time.Sleep(d) }

func hostAway() {}
