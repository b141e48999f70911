//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// askOnG0 sends CPU p an interrupt that asks for nothing.
//
//go:norace
func askOnG0(p unsafe.Pointer) { arg[vcpu](p).interrupt() }

// againOnG0 sends CPU p an interrupt, in place of those that nobody took.
//
//go:norace
func againOnG0(p unsafe.Pointer) {
	c := arg[vcpu](p)
	cpu.Store32(&c.IPI, 0)
	c.interrupt()
}

// reschedOnG0 has CPU p switch when it next can, be it to the same task.
//
//go:norace
func reschedOnG0(p unsafe.Pointer) {
	c := arg[vcpu](p)
	c.acquire()
	runs := c.curPrio >= 0
	if runs {
		c.Need = 1
	}
	c.release()
	if runs {
		c.interrupt()
	}
}
