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

// trace finds out where c comes from.
func (c *call) where() {
	var pcs [depth]uintptr
	c.hash = hashOf(pcs[:goport.Callers(pcs[:])])
	if c.at = find(c.hash); c.at != 0 {
		return
	}
	if c.pcs = pcs[:runtime.Callers(2, pcs[:])]; len(c.pcs) > 0 {
		add := *c
		add.op = opStack
		add.run()
		c.at = add.at
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

// addStack keeps c's stack.
//
//go:norace
func (e *engine) addStack(c *call) {
	e.graph.lock()
	if c.at = find(c.hash); c.at == 0 {
		l := &e.stacks
		if l.n == maxStacks {
			e.overflow(c, fullStacks)
		} else {
			n := l.n
			l.n++
			slot := &l.index[c.hash%uint64(len(l.index))]
			s := &l.list[n]
			s.hash, s.next, s.len = c.hash, *slot, uint32(len(c.pcs))
			for i, pc := range c.pcs {
				s.pcs[i] = pc
			}
			cpu.Store32(slot, n)
			c.at = trace(n)
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
