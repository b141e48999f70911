//go:build !linux

package main

import "time"

// clock wakes one goroutine at given times, by Go's timers.
type clock struct{}

func newClock() (*clock, error) { return &clock{}, nil }

// sleepUntil blocks the goroutine until t.
func (*clock) sleepUntil(t time.Time) error {
	time.Sleep(time.Until(t))
	return nil
}

func (*clock) close() {}
