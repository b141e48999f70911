package cgoloads

// #include "loads.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/cgo"
	"time"
)

// visit is one journey through C and Go.
type visit struct {
	err error // the first damage that was seen
}

// CallBack goes depth times from Go to C and back to Go, where it allocates,
// blocks and yields; each time adds one to x. It returns the sum, and an error
// if something on a stack has changed.
func CallBack(x uint64, depth int) (uint64, error) {
	v := new(visit)
	h := cgo.NewHandle(v)
	defer h.Delete()
	x = v.down(h, x, depth)
	return x, v.err
}

func (v *visit) down(h cgo.Handle, x uint64, depth int) uint64 {
	var damaged C.int
	x = uint64(C.gokern_loads_call_back(C.uintptr_t(h), C.uint64_t(x), C.int(depth), &damaged))
	if damaged != 0 && v.err == nil {
		v.err = errors.New("an array on the C stack has changed")
	}
	return x
}

//export gokernLoadsCalledBack
func gokernLoadsCalledBack(handle C.uintptr_t, x C.uint64_t, depth C.int) C.uint64_t {
	h := cgo.Handle(handle)
	v := h.Value().(*visit)
	blocks := make([][]byte, 20)
	for i := range blocks {
		blocks[i] = make([]byte, 1000)
		blocks[i][999] = byte(i)
	}
	c := make(chan C.uint64_t)
	go func() { c <- x + 1 }()
	runtime.Gosched()
	sum := <-c
	time.Sleep(10 * time.Microsecond)
	for i, b := range blocks {
		if b[999] != byte(i) && v.err == nil {
			v.err = fmt.Errorf("block %d ends in %d", i, b[999])
		}
	}
	if depth > 1 {
		sum = C.uint64_t(v.down(h, uint64(sum), int(depth)-1))
	}
	return sum
}
