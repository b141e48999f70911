//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// worldStop is runtime.worldStop, the token between stopping and starting.
type worldStop struct {
	reason           uint8
	startedStopping  int64
	finishedStopping int64
	stoppingCPUTime  int64
}

var patchMu sync.Mutex

// Patch retargets every call site to its hook. From then on the hooks run, and
// change nothing as long as no thread is a kernel CPU.
func Patch() error {
	return write(func(p patch) uintptr { return p.hook })
}

// Unpatch restores every byte.
func Unpatch() error {
	return write(func(p patch) uintptr { return p.original })
}

// Patched reports how many call sites do not have their original callee.
func Patched() (n int) {
	for _, p := range resolved {
		if target(p.call) != p.original {
			n++
		}
	}
	return n
}

// write points every call site at what to says, with the world stopped, so that
// no goroutine is between two sites that belong together. The pages stay
// executable meanwhile, for threads without a P run runtime code all the time;
// changing their protection back makes every processor see the new code.
func write(to func(patch) uintptr) (err error) {
	s, err := loadSymbols()
	if err != nil {
		return err
	}
	stop, _, ok1 := s.bounds("runtime.stopTheWorldGC")
	start, _, ok2 := s.bounds("runtime.startTheWorldGC")
	if !ok1 || !ok2 {
		return fmt.Errorf("runtime.stopTheWorldGC is missing")
	}
	patchMu.Lock()
	defer patchMu.Unlock()
	const page = 4096
	pages := map[uintptr]bool{}
	for _, p := range resolved {
		pages[p.call&^(page-1)] = true
		pages[(p.call+4)&^(page-1)] = true
	}
	protect := func(prot int) error {
		for at := range pages {
			if err := unix.Mprotect(unsafe.Slice((*byte)(addr(at)), page), prot); err != nil {
				return fmt.Errorf("the runtime's text cannot be made writable: %w", err)
			}
		}
		return nil
	}
	if err := protect(unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC); err != nil {
		_ = protect(unix.PROT_READ | unix.PROT_EXEC)
		return err
	}
	const reasonUnknown = 0
	w := fn[func(reason uint8) worldStop](stop)(reasonUnknown)
	for _, p := range resolved {
		store32(p.call+1, uint32(int32(int64(to(p))-int64(p.call+5))))
	}
	fn[func(worldStop)](start)(w)
	return protect(unix.PROT_READ | unix.PROT_EXEC)
}
