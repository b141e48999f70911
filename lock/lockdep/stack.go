package lockdep

import (
	"runtime"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// A stack is kept once, for good, and then is a number. To find the number, the
// return addresses that frame pointers lead to are enough, and a hash of those;
// only a stack that was never seen before is unwound by the runtime, which knows
// what is inlined but takes some hundred times as long.
type stacks struct {
	n     uint32 // protected by the graph's lock
	list  [maxStacks]stack
	index [8 << 10]uint32
}

type stack struct {
	hash uint64
	next uint32
	len  uint32
	pcs  [depth]uintptr
}

// depth is how many callers are kept.
const depth = 16

// trace is the number of a stack, 0 if it is not known.
type trace uint32

// where finds out where c comes from.
func (c *call) where() {
	var new newStack
	new.hash = hashOf(new.pcs[:goport.Callers(new.pcs[:])])
	c.hash = new.hash
	if c.at = find(c.hash); c.at == 0 {
		new.n = runtime.Callers(2, new.pcs[:])
		c.at = new.add()
	}
}

//go:norace
func hashOf(pcs []uintptr) (h uint64) {
	for _, pc := range pcs {
		h = (h^uint64(pc))*0x9e3779b97f4a7c15 + h>>29
	}
	return mix(h)
}

// find returns the stack with that hash, 0 if there is none. The graph's lock need
// not be held: stacks do not change.
//
//go:norace
func find(hash uint64) trace {
	l := &eng.stacks
	for n := cpu.Load32(&l.index[hash%uint64(len(l.index))]); n != 0; n = l.list[n].next {
		if l.list[n].hash == hash {
			return trace(n)
		}
	}
	return 0
}

// newStack is a stack to keep. It is none of a call's fields, so that it does not
// escape with the pointers there.
type newStack struct {
	hash uint64
	n    int
	pcs  [depth]uintptr
	at   trace
	full bool
}

// keep keeps a stack.
//
//go:norace
func (e *engine) keep(s *newStack) {
	e.graph.lock()
	if s.at = find(s.hash); s.at == 0 {
		l := &e.stacks
		if l.n == maxStacks {
			s.full = e.full&fullStacks == 0
			e.full |= fullStacks
		} else {
			n := l.n
			l.n++
			slot := &l.index[s.hash%uint64(len(l.index))]
			x := &l.list[n]
			x.hash, x.next, x.len = s.hash, *slot, uint32(s.n)
			x.pcs = s.pcs
			cpu.Store32(slot, n)
			s.at = trace(n)
		}
	}
	e.graph.unlock()
}

// frames returns the callers outside the locks themselves.
func (t trace) frames() []runtime.Frame {
	if t == 0 {
		return nil
	}
	s := &eng.stacks.list[t]
	var list []runtime.Frame
	locks := true
	frames := runtime.CallersFrames(s.pcs[:s.len])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if locks = locks && ofLocks(f); !locks && f.Function != "" && f.Function != "runtime.goexit" {
			list = append(list, f)
		}
	}
	return list
}
