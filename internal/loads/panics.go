package loads

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
)

// Loads that panic, recover, defer and leave by Goexit.
var panics = []Load{
	{Name: "panics/nil", Run: repeat(4, nilPanic)},
	{Name: "panics/runtime", Run: repeat(10, runtimePanics)},
	{Name: "panics/deferorder", Run: repeat(5, deferOrder)},
	{Name: "panics/nested", Run: repeat(2, nestedPanics)},
	{Name: "panics/goexit", Run: repeat(15, goexit)},
}

// caught calls f and returns what it panics with.
func caught(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// nilPanic follows a nil pointer: a SIGSEGV that Go makes a panic.
func nilPanic(r *rand.Rand) error {
	for range 1 + r.IntN(20) {
		var p *calculator
		v := caught(func() { p.base = 1 })
		err, _ := v.(runtime.Error)
		if err == nil || !strings.Contains(err.Error(), "nil pointer dereference") {
			return damaged("panic", "a nil dereference gave %v", v)
		}
	}
	return nil
}

func runtimePanics(r *rand.Rand) error {
	list := make([]int, r.IntN(10))
	zero := len(list) - cap(list) // 0, which the compiler does not know
	var none map[int]int
	var value any = "text"
	for want, f := range map[string]func(){
		"index out of range":     func() { list[len(list)+zero]++ },
		"integer divide by zero": func() { list = make([]int, 1/zero) },
		"interface conversion":   func() { _ = value.(fmt.Stringer) },
		"nil map":                func() { none[zero] = 1 },
		"close of nil channel":   func() { close((chan int)(nil)) },
		"slice bounds":           func() { list = list[:len(list)+zero+100] },
	} {
		if got := fmt.Sprint(caught(f)); !strings.Contains(got, want) {
			return damaged("panic", "got %q, want %q", got, want)
		}
	}
	return nil
}

func deferOrder(r *rand.Rand) error {
	n := 50 + r.IntN(200)
	var order []int
	func() {
		defer func() { order = append(order, -1) }()
		for i := range n {
			defer func() { order = append(order, i) }()
		}
		defer func() { order = append(order, n) }()
	}()
	for i, v := range order {
		if v != n-i {
			return damaged("defer", "call %d of %d is %d, want %d", i, n+2, v, n-i)
		}
	}
	if len(order) != n+2 {
		return damaged("defer", "%d calls, want %d", len(order), n+2)
	}
	return nil
}

// nestedPanics has each frame recover what the one below panics with, count, and
// panic again.
func nestedPanics(r *rand.Rand) error {
	n := 10 + r.IntN(40)
	v := caught(func() { rethrow(n) })
	err, _ := v.(error)
	for want := n; ; want-- {
		if err == nil || err.Error() != fmt.Sprintf("level %d", want) {
			return damaged("panic", "level %d panicked with %v", want, v)
		}
		if want == 0 {
			return nil
		}
		err = errors.Unwrap(err)
	}
}

type level struct {
	n     int
	cause error
}

func (l *level) Error() string { return fmt.Sprintf("level %d", l.n) }
func (l *level) Unwrap() error { return l.cause }

func rethrow(n int) {
	defer func() {
		v, _ := recover().(error)
		panic(&level{n, v})
	}()
	defer runtime.Gosched()
	if n > 0 {
		rethrow(n - 1)
	}
}

// goexit ends a goroutine in the middle of its calls: all deferred ones run, none
// of them recovers anything, and nothing after it runs.
func goexit(r *rand.Rand) error {
	n := 1 + r.IntN(30)
	ran, wrong := 0, 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		var down func(int)
		down = func(k int) {
			defer func() {
				ran++
				if recover() != nil {
					wrong++
				}
			}()
			if k == 0 {
				defer func() { _ = caught(func() { panic("within Goexit") }) }()
				runtime.Goexit()
			}
			down(k - 1)
			wrong++
		}
		down(n)
		wrong++
	}()
	<-done
	if ran != n+1 || wrong != 0 {
		return damaged("goroutine", "Goexit ran %d deferred calls, want %d; %d wrong ones", ran, n+1, wrong)
	}
	return nil
}
