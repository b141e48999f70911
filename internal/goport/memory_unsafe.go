//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"unsafe"
)

// landmark is a function whose link-time and run-time addresses are compared.
//
//go:noinline
func landmark() {}

func landmarkPC() uintptr {
	fn := landmark
	return **(**uintptr)(unsafe.Pointer(&fn))
}

// memory returns the bytes from start to end of the process itself.
func memory(start, end uintptr) []byte {
	return unsafe.Slice((*byte)(addr(start)), end-start)
}

// addr makes an address a pointer. The address is of text or of an object that
// the collector does not move or free.
//
//go:norace
//go:nocheckptr
func addr(p uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&p))
}

// load64 reads a word at address p.
//
//go:norace
//go:nocheckptr
func load64(p uintptr) uintptr { return *(*uintptr)(addr(p)) }

// load32 reads a 32-bit word at address p.
//
//go:norace
//go:nocheckptr
func load32(p uintptr) uint32 { return *(*uint32)(addr(p)) }

// store64 writes a word at address p, without a write barrier.
//
//go:norace
//go:nocheckptr
func store64(p, v uintptr) { *(*uintptr)(addr(p)) = v }

//go:norace
//go:nocheckptr
func store32(p uintptr, v uint32) { *(*uint32)(addr(p)) = v }

// store8 writes a byte at address p.
//
//go:norace
//go:nocheckptr
func store8(p uintptr, v uint8) { *(*uint8)(addr(p)) = v }

// fn makes the code at pc a func value of type F, which must fit its signature.
func fn[F any](pc uintptr) F {
	code := new(uintptr)
	*code = pc
	return *(*F)(unsafe.Pointer(&code))
}
