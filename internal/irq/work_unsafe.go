//go:build linux && amd64 && go1.25 && !go1.28

package irq

import (
	"unsafe"

	"github.com/gokern/gokern/internal/goport"
)

// Queue has c's interrupt task do w, which is on no queue. Context: any.
func (c *CPU) Queue(w *Work) error {
	if !c.EnsureIRQ() {
		return ErrShutdown
	}
	a := runArgs{c: c, w: w}
	goport.OnG0(queueOnG0, unsafe.Pointer(&a))
	if !a.ok {
		return ErrShutdown
	}
	return nil
}

//go:norace
func queueOnG0(p unsafe.Pointer) {
	a := (*runArgs)(p)
	c, w := a.c, a.w
	c.acquire()
	if a.ok = !c.dead; a.ok {
		w.next = nil
		if c.works.last == nil {
			c.works.first = w
		} else {
			c.works.last.next = w
		}
		c.works.last = w
		c.wake(&c.irq)
	}
	c.release()
}

// TakeWork takes the first work; nil: there is none. Context: the interrupt task.
func (c *CPU) TakeWork() *Work {
	a := runArgs{c: c}
	goport.OnG0(takeWorkOnG0, unsafe.Pointer(&a))
	return a.w
}

//go:norace
func takeWorkOnG0(p unsafe.Pointer) {
	a := (*runArgs)(p)
	c := a.c
	c.acquire()
	if w := c.works.first; w != nil {
		a.w = w
		if c.works.first = w.next; w.next == nil {
			c.works.last = nil
		}
		w.next = nil
	}
	c.release()
}
