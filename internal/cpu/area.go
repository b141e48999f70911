package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Each CPU has an area of memory of its own, and a per-CPU word is an offset
// that is the same in all of them: Linux's per-CPU areas. The areas have
// nothing to do with a booted kernel: words are made as package variables,
// before there is one, and keep their values when it is shut down and another
// boots. Areas hold no Go pointers, and are not part of Go's heap: the collector
// does not look at them, and the race detector does not watch them, as all that
// touches them is atomic for its CPU or atomic for all.
//
//	offset 0      64 KiB                    used so far    AreaSize
//	| no access   | words ...               |  no access   |
//
// An offset of 0 is no word's.

// MaxCPUs is how many CPUs there may be.
const MaxCPUs = 256

const (
	// AreaSize bounds what can be allocated.
	AreaSize  = 16 << 20
	areaGuard = 64 << 10 // nothing is there
	areaChunk = 64 << 10 // memory is asked for in such pieces
)

// areas is the allocator's state.
var areas struct {
	sync.Mutex
	next uintptr // lowest offset never used
	top  uintptr // what is accessible in each area of a possible CPU
	free [2][]uintptr
	grow []func(possible int) bool

	possible atomic.Int32 // CPUs that have an area
}

func init() {
	areas.next, areas.top = areaGuard, areaGuard
	areas.possible.Store(int32(min(runtime.NumCPU(), MaxCPUs)))
}

// Possible returns how many CPUs there may be without another call of
// SetPossible: those of the machine that the process may use, or more if a
// kernel with more has been booted. It never falls. Linux: nr_cpu_ids.
func Possible() int { return int(areas.possible.Load()) }

// SetPossible has areas, and all that OnPossible keeps, ready for n CPUs.
// Context: an ordinary goroutine, before the CPUs run.
func SetPossible(n int) {
	areas.Lock()
	defer areas.Unlock()
	old := Possible()
	if n <= old {
		return
	}
	if areas.top > areaGuard {
		for i := old; i < n; i++ {
			commit(i, areaGuard, areas.top)
		}
	}
	kept := areas.grow[:0]
	for _, f := range areas.grow {
		if f(n) {
			kept = append(kept, f)
		}
	}
	clear(areas.grow[len(kept):])
	areas.grow = kept
	areas.possible.Store(int32(n))
}

// OnPossible calls grow with the number of possible CPUs, now and whenever it
// is about to rise, until grow returns false.
func OnPossible(grow func(possible int) bool) {
	areas.Lock()
	defer areas.Unlock()
	if !grow(Possible()) {
		return
	}
	if n := len(areas.grow); n == cap(areas.grow) {
		// Before the list grows, drop who is gone: it asks for what is there.
		kept := areas.grow[:0]
		for _, f := range areas.grow {
			if f(Possible()) {
				kept = append(kept, f)
			}
		}
		clear(areas.grow[len(kept):])
		areas.grow = kept
	}
	areas.grow = append(areas.grow, grow)
}

// AllocArea returns the offset of one word, or of a pair next to each other,
// that are zero in every area. It panics if AreaSize is used up. Context: may
// block. Linux: alloc_percpu().
func AllocArea(pair bool) uintptr {
	class, size := 0, uintptr(8)
	if pair {
		class, size = 1, 16
	}
	areas.Lock()
	defer areas.Unlock()
	off := uintptr(0)
	if free := areas.free[class]; len(free) > 0 {
		off = free[len(free)-1]
		areas.free[class] = free[:len(free)-1]
	} else {
		off = (areas.next + size - 1) &^ (size - 1)
		if off+size > AreaSize {
			panic("gokern: no per-CPU memory left; are words released?")
		}
		if off+size > areas.top {
			for i := range Possible() {
				commit(i, areas.top, areas.top+areaChunk)
			}
			areas.top += areaChunk
		}
		areas.next = off + size
	}
	for i := range Possible() {
		for at := off; at < off+size; at += 8 {
			AreaWord(i, at).Store(0)
		}
	}
	return off
}

// FreeArea gives back what AllocArea returned. Linux: free_percpu().
func FreeArea(off uintptr, pair bool) {
	class := 0
	if pair {
		class = 1
	}
	areas.Lock()
	areas.free[class] = append(areas.free[class], off)
	areas.Unlock()
}

// Narrow reports whether T has 32 bits.
func Narrow[T any]() bool { return unsafe.Sizeof(*new(T)) == 4 }
