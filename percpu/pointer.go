package percpu

import "go.uber.org/atomic"

// Pointer is a pointer of which each CPU has its own; all are nil at first. Its
// methods are the this_cpu operations on pointers. They disable preemption
// inside, for the garbage collector must see a pointer that is stored, which
// takes more than one instruction; to their callers they are as a Word's.
//
// Outside a task they are a BUG and change nothing; Of works anywhere. Linux:
// DEFINE_PER_CPU(), this_cpu_xchg() and so on.
type Pointer[T any] struct {
	v *Var[atomic.Pointer[T]]
}

// NewPointer returns a new Pointer; see NewVar.
func NewPointer[T any]() *Pointer[T] { return &Pointer[T]{v: NewVar[atomic.Pointer[T]]()} }

// Read returns this CPU's pointer. Context: a task, any. Linux: this_cpu_read().
func (p *Pointer[T]) Read() (v *T) {
	if here := p.v.GetPtr(); here != nil {
		v = here.Load()
		p.v.PutPtr()
	}
	return v
}

// Write sets it. Context: a task, any. Linux: this_cpu_write().
func (p *Pointer[T]) Write(v *T) {
	if here := p.v.GetPtr(); here != nil {
		here.Store(v)
		p.v.PutPtr()
	}
}

// Xchg stores v and returns what was there. Context: a task, any. Linux:
// this_cpu_xchg().
func (p *Pointer[T]) Xchg(v *T) (old *T) {
	if here := p.v.GetPtr(); here != nil {
		old = here.Swap(v)
		p.v.PutPtr()
	}
	return old
}

// CmpXchg stores new if the pointer is old, and reports whether it was. Context:
// a task, any. Linux: this_cpu_try_cmpxchg().
func (p *Pointer[T]) CmpXchg(old, new *T) (swapped bool) {
	if here := p.v.GetPtr(); here != nil {
		swapped = here.CompareAndSwap(old, new)
		p.v.PutPtr()
	}
	return swapped
}

// Of returns the pointer of CPU n, which may be changing. Context: any. Linux:
// per_cpu().
func (p *Pointer[T]) Of(n int) *T { return p.v.Of(n).Load() }

// Release gives the memory back; see Var.Release.
func (p *Pointer[T]) Release() { p.v.Release() }
