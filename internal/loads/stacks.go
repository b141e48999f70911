package loads

import (
	"math/rand/v2"
	"runtime"
)

// Loads that use much stack, in goroutines of their own: those start with a
// small one, which is copied each time it doubles.
var stacks = []Load{
	{Name: "stacks/deep", Run: deepStack},
	{Name: "stacks/pointers", Run: stackPointers},
	{Name: "stacks/closures", Run: closures},
	{Name: "stacks/arguments", Run: arguments},
}

// onNewStack calls f in a new goroutine and waits for it.
func onNewStack(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return <-done
}

func deepStack(r *rand.Rand) error {
	n := 500 + r.IntN(2000)
	return onNewStack(func() error {
		if got := descend(n); got != n {
			return damaged("stack", "%d frames add up to %d", n, got)
		}
		return nil
	})
}

// descend returns n, counted by n frames. Each has an array that must not change.
//
//go:noinline
func descend(n int) int {
	if n == 0 {
		return 0
	}
	var a [64]byte
	for i := range a {
		a[i] = byte(n + i)
	}
	below := descend(n - 1)
	for i := range a {
		if a[i] != byte(n+i) {
			return -1 << 30 // more than all frames can make good
		}
	}
	return below + 1
}

// frame is a local variable that points to the one in the caller's frame: when
// the stack is copied all of these pointers must be adjusted.
type frame struct {
	caller *frame
	value  uint64
}

func stackPointers(r *rand.Rand) error {
	n, seed := 500+r.IntN(2000), r.Uint64()
	return onNewStack(func() error {
		want := uint64(0)
		for i := range n + 1 {
			want += seed * uint64(i)
		}
		if got := chain(nil, n, seed); got != want {
			return damaged("stack", "pointers over %d frames lead to %d, want %d", n, got, want)
		}
		return nil
	})
}

// chain makes n more frames and, in the last, follows the pointers to the first.
//
//go:noinline
func chain(caller *frame, n int, seed uint64) uint64 {
	f := frame{caller, seed * uint64(n)}
	if n > 0 {
		return chain(&f, n-1, seed)
	}
	runtime.Gosched()
	sum := uint64(0)
	for p := &f; p != nil; p = p.caller {
		sum += p.value
	}
	return sum
}

// closures nests functions that share variables with their makers.
func closures(r *rand.Rand) error {
	n := 500 + r.IntN(1000)
	calls, f := 0, func() int { return 0 }
	for i := range n {
		inner := f
		f = func() int {
			calls++
			return inner() + i
		}
	}
	return onNewStack(func() error {
		if got, want := f(), n*(n-1)/2; got != want || calls != n {
			return damaged("closures", "%d calls give %d, want %d and %d", calls, got, n, want)
		}
		return nil
	})
}

// arguments passes values in registers and on the stack, through an interface
// and a type parameter.
func arguments(r *rand.Rand) error {
	var s shifter = plain{r.Uint64()}
	for range 1000 {
		x, f := r.Uint64(), float64(r.IntN(1000))
		a, b, c, d := s.shift(x, 1, 2, 3, 4, 5, 6, 7, 8, f, "text", []byte{9})
		if a != x+36+9 || b != f+4 || c != "text" || d != s {
			return damaged("arguments", "%d %v came back as %d %v %q", x, f, a, b, c)
		}
		if got := twice(pair[string]{"a", "b"}); got != (pair[pair[string]]{pair[string]{"a", "b"}, pair[string]{"a", "b"}}) {
			return damaged("arguments", "a pair came back as %v", got)
		}
	}
	return nil
}

type shifter interface {
	shift(a, b, c, d, e, f, g, h, i uint64, x float64, s string, p []byte) (uint64, float64, string, shifter)
}

type plain struct{ id uint64 }

//go:noinline
func (v plain) shift(a, b, c, d, e, f, g, h, i uint64, x float64, s string, p []byte) (uint64, float64, string, shifter) {
	return a + b + c + d + e + f + g + h + i + uint64(p[0]), x + float64(len(s)), s, v
}

type pair[T any] struct{ a, b T }

//go:noinline
func twice[T any](v T) pair[T] { return pair[T]{v, v} }
