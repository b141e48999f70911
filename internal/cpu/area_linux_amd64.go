package cpu

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// area has the address of each CPU's area, nil before it has one.
var area [MaxCPUs]unsafe.Pointer

// commit makes the bytes from offset from to offset to of CPU i's area
// accessible. The areas' lock is held.
func commit(i int, from, to uintptr) {
	if area[i] == nil {
		p, err := unix.MmapPtr(-1, 0, nil, AreaSize, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
		if err != nil {
			panic(fmt.Sprintf("gokern: no address space for per-CPU memory: %v", err))
		}
		area[i] = p
	}
	part := unsafe.Slice((*byte)(unsafe.Add(area[i], from)), to-from)
	if err := unix.Mprotect(part, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		panic(fmt.Sprintf("gokern: no per-CPU memory: %v", err))
	}
}

// Area returns the address of CPU i's area for its block. Context: as
// SetPossible, after it.
func Area(i int) uintptr {
	areas.Lock()
	defer areas.Unlock()
	if area[i] == nil {
		commit(i, areaGuard, max(areas.top, areaGuard+areaChunk))
	}
	return uintptr(area[i])
}

// AreaWord returns the word at an offset of CPU i's area. Context: any.
func AreaWord(i int, off uintptr) *atomic.Uint64 {
	return (*atomic.Uint64)(unsafe.Add(area[i], off))
}
