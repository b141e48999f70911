package loads

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// Loads that start goroutines and yield.
var routines = []Load{
	{Name: "routines/gosched", Run: repeat(20, yields)},
	{Name: "routines/fanout", Run: repeat(4, fanOut)},
	{Name: "routines/short", Run: shortOnes},
	{Name: "routines/descend", Run: repeat(2, generations)},
}

// yields gives way with values in its hands.
func yields(r *rand.Rand) error {
	a, b, f := r.Uint64(), r.Uint64(), r.Float64()
	x, y, g := a, b, f
	for range 20 {
		runtime.Gosched()
		x, y = y, x
	}
	if x != a || y != b || g != f {
		return damaged("stack", "%x %x %v after Gosched are %x %x %v", a, b, f, x, y, g)
	}
	return nil
}

// fanOut has goroutines fill a part each of a slice.
func fanOut(r *rand.Rand) error {
	const parts, size = 16, 200
	out := make([]uint64, parts*size)
	seed := r.Uint64()
	var all sync.WaitGroup
	for p := range parts {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := p * size; i < (p+1)*size; i++ {
				out[i] = seed ^ uint64(i)
			}
			runtime.Gosched()
		}()
	}
	all.Wait()
	for i, v := range out {
		if v != seed^uint64(i) {
			return damaged("heap object", "element %d is %#x, want %#x", i, v, seed^uint64(i))
		}
	}
	return nil
}

// shortOnes starts many goroutines that end at once.
func shortOnes(r *rand.Rand) error {
	n := 200 + r.IntN(800)
	var sum atomic.Int64
	var all sync.WaitGroup
	all.Add(n)
	for i := range n {
		go func() {
			sum.Add(int64(i))
			all.Done()
		}()
	}
	all.Wait()
	if want := int64(n) * int64(n-1) / 2; sum.Load() != want {
		return damaged("counters", "%d goroutines added up to %d, want %d", n, sum.Load(), want)
	}
	return nil
}

// generations has goroutines start goroutines, to a depth of 6.
func generations(*rand.Rand) error {
	var born atomic.Int64
	var all sync.WaitGroup
	var beget func(depth int)
	beget = func(depth int) {
		defer all.Done()
		born.Add(1)
		if depth > 0 {
			all.Add(2)
			go beget(depth - 1)
			go beget(depth - 1)
		}
	}
	all.Add(1)
	go beget(6)
	all.Wait()
	if born.Load() != 127 {
		return damaged("counters", "%d goroutines, want 127", born.Load())
	}
	return nil
}
