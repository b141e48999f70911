package loads

import (
	"iter"
	"math/rand/v2"
	"runtime"
	"time"
)

// Loads of iter.Pull, whose goroutines switch to each other without a scheduler.
var coroutines = []Load{
	{Name: "coroutines/pull", Run: pull},
	{Name: "coroutines/stop", Run: repeat(5, pullStop)},
	{Name: "coroutines/handover", Run: pullHandOver},
	{Name: "coroutines/panic", Run: repeat(15, pullPanic)},
}

// count yields 0 to n-1, and blocks, yields and allocates between.
func count(n int) iter.Seq2[int, []int] {
	return func(yield func(int, []int) bool) {
		c := make(chan int, 1)
		for i := range n {
			switch i % 16 {
			case 3:
				runtime.Gosched()
			case 7:
				time.Sleep(time.Microsecond)
			case 11:
				go func() { c <- i }()
				if <-c != i {
					i = -1 // seen by whoever pulls
				}
			}
			if !yield(i, []int{i, i + 1}) {
				return
			}
		}
	}
}

func pull(r *rand.Rand) error {
	n := 20 + r.IntN(80)
	next, stop := iter.Pull2(count(n))
	defer stop()
	other, stopOther := iter.Pull2(count(n))
	defer stopOther()
	for i := range n {
		if i%10 == 5 {
			runtime.Gosched()
		}
		a, list, ok := next()
		b, _, okB := other()
		if !ok || !okB || a != i || b != i || list[1] != i+1 {
			return damaged("coroutine", "pull %d of %d gave %d %v %t and %d %t", i, n, a, list, ok, b, okB)
		}
	}
	if v, _, ok := next(); ok {
		return damaged("coroutine", "it gave %d after the last, %d", v, n-1)
	}
	return nil
}

// pullStop stops halfway: the deferred calls in the sequence run before stop
// returns.
func pullStop(r *rand.Rand) error {
	for range 10 {
		cleaned := false
		next, stop := iter.Pull(func(yield func(int) bool) {
			defer func() { cleaned = true }()
			for i := 0; yield(i); i++ {
				runtime.Gosched()
			}
		})
		for i := range 1 + r.IntN(10) {
			if v, ok := next(); v != i || !ok {
				stop()
				return damaged("coroutine", "pull %d gave %d %t", i, v, ok)
			}
		}
		stop()
		if !cleaned {
			return damaged("coroutine", "stop returned before the sequence did")
		}
	}
	return nil
}

// pullHandOver pulls from one goroutine after another.
func pullHandOver(r *rand.Rand) error {
	n := 10 + r.IntN(20)
	next, stop := iter.Pull2(count(n))
	defer stop()
	for i := range n {
		if err := onNewStack(func() error {
			if v, _, ok := next(); v != i || !ok {
				return damaged("coroutine", "pull %d gave %d %t", i, v, ok)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// pullPanic has a panic cross from the sequence to whoever pulls.
func pullPanic(r *rand.Rand) error {
	id := r.Uint64()
	next, stop := iter.Pull(func(yield func(int) bool) {
		yield(1)
		panic(id)
	})
	defer stop()
	if v, ok := next(); v != 1 || !ok {
		return damaged("coroutine", "the first pull gave %d %t", v, ok)
	}
	if v := caught(func() { next() }); v != any(id) {
		return damaged("coroutine", "it panicked with %v, want %v", v, id)
	}
	return nil
}
