package percpu

import (
	"runtime"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// Integer is what a Word can be.
type Integer interface {
	~int32 | ~int64 | ~uint32 | ~uint64 | ~int | ~uint | ~uintptr
}

// Word is an integer of which each CPU has its own; all are zero at first. Its
// methods are Linux's this_cpu operations: each is one instruction on the word
// of the CPU that executes it, so neither a preemption nor an interrupt nor a
// move to another CPU can come into it, and nothing need be disabled around
// it. (Two of them in a row may be on two CPUs.) They order nothing else.
//
// Outside a task they are a BUG and change nothing; Of and Sum work anywhere.
// Linux: DEFINE_PER_CPU(), this_cpu_read() and so on.
type Word[T Integer] struct {
	off     uintptr
	cleanup runtime.Cleanup
}

// NewWord returns a new Word. Package variables may be made so: a Word needs no
// kernel, and keeps its values when one is shut down and another booted. It
// panics if per-CPU memory is used up, after some two million Words. Context: may
// block. Linux: alloc_percpu().
func NewWord[T Integer]() *Word[T] {
	w := &Word[T]{off: cpu.AllocArea(false)}
	w.cleanup = runtime.AddCleanup(w, freeWord, w.off)
	return w
}

func freeWord(off uintptr) { cpu.FreeArea(off, false) }

// Release gives the word back, for another NewWord; what is unreachable is given
// back in any case. Nobody may be in one of its methods, as nobody may be in
// Linux's; a later use is a BUG. Linux: free_percpu().
func (w *Word[T]) Release() {
	if w.off == 0 {
		preempt.Raise("Release of a Word that is released, or not from NewWord")
		return
	}
	w.cleanup.Stop()
	freeWord(w.off)
	w.off = 0
}

// Read returns this CPU's value. Context: a task, any. Linux: this_cpu_read().
func (w *Word[T]) Read() T {
	v := cpu.AreaRead(w.off)
	runtime.KeepAlive(w)
	return T(v)
}

// Write sets it. Context: a task, any. Linux: this_cpu_write().
func (w *Word[T]) Write(v T) {
	cpu.AreaWrite(w.off, uint64(v))
	runtime.KeepAlive(w)
}

// Add adds n. Context: a task, any. Linux: this_cpu_add().
func (w *Word[T]) Add(n T) {
	cpu.AreaAdd(w.off, uint64(n))
	runtime.KeepAlive(w)
}

// Sub subtracts n. Context: a task, any. Linux: this_cpu_sub().
func (w *Word[T]) Sub(n T) {
	cpu.AreaAdd(w.off, -uint64(n))
	runtime.KeepAlive(w)
}

// Inc adds one. Context: a task, any. Linux: this_cpu_inc().
func (w *Word[T]) Inc() { w.Add(1) }

// Dec subtracts one. Context: a task, any. Linux: this_cpu_dec().
func (w *Word[T]) Dec() { w.Sub(1) }

// AddReturn adds n and returns the sum. Context: a task, any. Linux:
// this_cpu_add_return().
func (w *Word[T]) AddReturn(n T) T {
	v := cpu.AreaAddReturn(w.off, uint64(n))
	runtime.KeepAlive(w)
	return T(v)
}

// And keeps bits. Context: a task, any. Linux: this_cpu_and().
func (w *Word[T]) And(bits T) {
	cpu.AreaAnd(w.off, uint64(bits))
	runtime.KeepAlive(w)
}

// Or sets bits. Context: a task, any. Linux: this_cpu_or().
func (w *Word[T]) Or(bits T) {
	cpu.AreaOr(w.off, uint64(bits))
	runtime.KeepAlive(w)
}

// Xchg stores v and returns what was there. Context: a task, any. Linux:
// this_cpu_xchg().
func (w *Word[T]) Xchg(v T) T {
	old := cpu.AreaXchg(w.off, uint64(v))
	runtime.KeepAlive(w)
	return T(old)
}

// CmpXchg stores new if the value is old, and reports whether it was. Context: a
// task, any. Linux: this_cpu_try_cmpxchg().
func (w *Word[T]) CmpXchg(old, new T) (swapped bool) {
	if cpu.Narrow[T]() {
		swapped = cpu.AreaCmpXchg32(w.off, uint32(old), uint32(new))
	} else {
		swapped = cpu.AreaCmpXchg(w.off, uint64(old), uint64(new))
	}
	runtime.KeepAlive(w)
	return swapped
}

// Checked returns w, for an operation whose caller relies on staying on its CPU:
// w.Checked().Inc() is __this_cpu_inc(w). If preempt.SetDebug is on and the
// caller could be moved it is a BUG. (The raw_cpu kinds, which neither check nor
// promise anything, are the methods themselves: on this processor they are the
// same instruction.) Context: a task that cannot leave its CPU.
func (w *Word[T]) Checked() *Word[T] {
	if preempt.Debugging() {
		check(cpu.Number(), "Checked")
	}
	return w
}

// Of returns the value of CPU n, which may be changing. Context: any. Linux:
// per_cpu().
func (w *Word[T]) Of(n int) T {
	if uint(n) >= uint(Possible()) {
		panic(noCPU(n))
	}
	v := cpu.AreaWord(n, w.off).Load()
	runtime.KeepAlive(w)
	return T(v)
}

// Sum returns the sum of all CPUs' values, read one after the other. Context:
// any. Linux: for_each_possible_cpu() and per_cpu().
func (w *Word[T]) Sum() (sum T) {
	for n := range Possible() {
		sum += w.Of(n)
	}
	return sum
}
