//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// GoOrdinary starts fn as an ordinary goroutine, also where the caller is a task
// whose goroutines become tasks. Context: any goroutine, atomic or not.
func GoOrdinary(fn func()) {
	if cpu.Current() == nil {
		go fn()
		return
	}
	onG0(goOrdinary, unsafe.Pointer(&fn))
}

// goOrdinary does what a go statement does, past hookNewproc.
//
//go:norace
func goOrdinary(p unsafe.Pointer) {
	caller := load64(load64(getg()+gM) + mCurg)
	g := newproc1(*(*unsafe.Pointer)(p), addr(caller), startPC, true, 0)
	ready(uintptr(g), 0, true)
}
