package main

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// clock wakes one goroutine at given times, by a timer of Linux's that Go waits
// for as it does for a network packet. So it takes no P while it waits, as a
// thread that sleeps in a system call does for up to 10 ms: that would slow the
// plain half's work by a fifth. And Go's own timers would be later than a
// packet where all Ps are busy.
type clock struct{ timer *os.File }

func newClock() (*clock, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	return &clock{os.NewFile(uintptr(fd), "timerfd")}, nil
}

// sleepUntil blocks the goroutine until t.
func (c *clock) sleepUntil(t time.Time) error {
	d := time.Until(t)
	if d <= 0 {
		return nil
	}
	conn, err := c.timer.SyscallConn()
	if err != nil {
		return err
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	var failed error
	err = conn.Control(func(fd uintptr) { failed = unix.TimerfdSettime(int(fd), 0, &spec, nil) })
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	var expired [8]byte
	_, err = c.timer.Read(expired[:])
	return err
}

func (c *clock) close() { _ = c.timer.Close() }
