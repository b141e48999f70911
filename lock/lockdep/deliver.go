package lockdep

import "go.uber.org/atomic"

var handler atomic.Pointer[func(*Report)]

// SetHandler has f called for each problem, in the context of the caller that
// caused it, which may be atomic: f must not block there; it may keep the Report
// and print it later. After f has returned the caller goes on as if nothing were
// wrong. Without a handler, or with nil, a problem is a panic with the Report. It
// returns the handler before. Context: any.
func SetHandler(f func(*Report)) (old func(*Report)) {
	p := &f
	if f == nil {
		p = nil
	}
	if o := handler.Swap(p); o != nil {
		return *o
	}
	return nil
}

// deliver hands over what the engine has found. If that panics and m is not nil,
// the caller does not get m.
func (c *call) deliver(m *Map) {
	if c.full != 0 {
		tellFull(c.full)
	}
	if c.found == nil {
		return
	}
	r := c.found
	done := false
	defer func() {
		if !done && m != nil && (c.op == opAcquire || c.op == opContended) {
			undo := call{op: opRelease, m: m, undo: true}
			undo.identify()
			undo.run()
		}
	}()
	if f := handler.Load(); f != nil {
		(*f)(r)
	} else {
		panic(r)
	}
	done = true
}
