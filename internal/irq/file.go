//go:build linux && amd64 && go1.25 && !go1.28

package irq

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"go.uber.org/atomic"
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/goport"
)

// File is a descriptor whose reads return how often something has happened: an
// eventfd or a timerfd. A task waits for it in Go's poller, which the CPUs ask
// themselves.
type File struct {
	name string
	file *os.File // a duplicate: the program's own is the program's
	raw  syscall.RawConn
	quit atomic.Bool
}

// OpenFile returns the File of descriptor fd, which stays the caller's. Context: may
// block. Errors: ErrSource.
func OpenFile(fd int) (*File, error) {
	kind, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: descriptor %d is not open", ErrSource, fd)
	case kind != "anon_inode:[eventfd]" && kind != "anon_inode:[timerfd]":
		return nil, fmt.Errorf("%w: descriptor %d is %s, no eventfd or timerfd", ErrSource, fd, kind)
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err == nil && flags&unix.O_NONBLOCK == 0 {
		return nil, fmt.Errorf("%w: descriptor %d blocks: make it with EFD_NONBLOCK or TFD_NONBLOCK", ErrSource, fd)
	}
	dup := -1
	if err == nil {
		dup, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: descriptor %d: %w", ErrSource, fd, err)
	}
	return newFile(kind[len("anon_inode:["):len(kind)-1], dup)
}

// newFile takes fd, which does not block.
func newFile(name string, fd int) (*File, error) {
	f := &File{name: name, file: os.NewFile(uintptr(fd), name)}
	var err error
	if f.raw, err = f.file.SyscallConn(); err == nil {
		err = f.file.SetReadDeadline(time.Time{}) // fails if Go's poller does not take it
	}
	if err != nil {
		_ = f.file.Close()
		return nil, fmt.Errorf("%w: %w", ErrSource, err)
	}
	return f, nil
}

// Name returns what it is.
func (f *File) Name() string { return f.name }

// Wait waits until something has happened, and returns how often, and whether to go
// on: false after Stop. Context: may block.
func (f *File) Wait() (n uint32, more bool) {
	var word [8]byte
	for !f.quit.Load() {
		var got int
		var failed error
		err := f.raw.Read(func(fd uintptr) bool {
			got, failed = unix.Read(int(fd), word[:])
			return failed != unix.EAGAIN
		})
		switch {
		case err == nil && failed == nil && got == len(word):
			return uint32(min(binary.NativeEndian.Uint64(word[:]), 1<<32-1)), true
		case failed == unix.ECANCELED:
			return 1, true // the clock of a timerfd has been set
		case failed == unix.EINTR:
		case !f.quit.Load():
			time.Sleep(time.Millisecond) // Linux does not say when it will be better
		}
	}
	return 0, false
}

// Stop ends Wait. Context: may block.
func (f *File) Stop() {
	f.quit.Store(true)
	_ = f.file.SetReadDeadline(time.Unix(1, 0)) // it could in newFile
}

// Close closes it. Nobody is in Wait.
func (f *File) Close() error { return f.file.Close() }

// The bell: an eventfd that a signal handler writes to where the line's CPU is parked.
// The task that reads it makes those CPUs look.
var bell struct {
	sync.Mutex
	file  *File
	ended chan struct{}
}

// openBell makes the bell, unless it is there.
func openBell() error {
	bell.Lock()
	defer bell.Unlock()
	if bell.file != nil {
		return nil
	}
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("gokern: eventfd: %w", err)
	}
	f, err := newFile("eventfd", fd)
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	bell.file, bell.ended = f, ended
	SpawnMovable(nil, LevelIRQ, "irq bell", func() {
		defer close(ended)
		for {
			if _, more := f.Wait(); !more {
				return
			}
			for _, c := range All() {
				c.lookAtLines()
			}
		}
	})
	goport.SetBell(int32(fd))
	return nil
}

// CloseBell ends the bell. No line is open.
func CloseBell() {
	bell.Lock()
	defer bell.Unlock()
	if bell.file != nil {
		goport.SetBell(-1)
		bell.file.Stop()
		<-bell.ended
		_ = bell.file.Close()
		bell.file = nil
	}
}
