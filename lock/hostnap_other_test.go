//go:build !linux

package lock_test

import "time"

func hostNap(d time.Duration) { time.Sleep(d) }

func hostAway() {}

func threadTime() time.Duration { return 0 }

func hostCPU() (int, error) { return 0, nil }
