package gpm

import (
	"errors"

	"github.com/gokern/gokern/internal/irq"
)

// Errors to test with errors.Is.
var (
	// ErrUnsupported: this system, processor, operating-system kernel or Go
	// version cannot run a kernel. The error that wraps it says what is missing.
	ErrUnsupported = errors.New("gokern: unsupported")
	// ErrBooted: a kernel runs already; there is one a process.
	ErrBooted = errors.New("gokern: already booted")
	// ErrShutdown: the kernel is shut down, or about to be.
	ErrShutdown = irq.ErrShutdown
	// ErrConfig: a Config that cannot be met. The error that wraps it says why.
	ErrConfig = errors.New("gokern: bad config")
	// ErrAttr: an Attr that cannot be met. The error that wraps it says why.
	ErrAttr = errors.New("gokern: bad attr")
	// ErrBandwidth: a Deadline task asks for more than is left. Linux: EBUSY.
	ErrBandwidth = errors.New("gokern: not enough bandwidth for a Deadline task")
	// ErrPolicy: a user's class has been ended. The error that wraps it says why.
	ErrPolicy = errors.New("gokern: the class has ended")
	// ErrLastCPU: the only CPU that is online cannot go offline. Linux: EBUSY.
	ErrLastCPU = errors.New("gokern: the last online CPU")
	// ErrTask: the caller is a task and must not be, or is none and must be.
	ErrTask = errors.New("gokern: wrong caller")
	// ErrLocked: the calling goroutine is locked to its thread (runtime.LockOSThread).
	ErrLocked = errors.New("gokern: goroutine is locked to its thread")
)
