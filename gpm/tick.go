//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// setWaiting recounts the tasks that a tick could switch to. c's lock is held.
//
//go:norace
func (c *vcpu) setWaiting() {
	n := int32(0)
	if cl := c.curOf; cl != nil && c.curSlot != 0 && cl.waiting > 0 {
		n = 1
	}
	p := c.curPrio
	if c.server.serving {
		p = rankFair
	}
	c.Fair = 0
	if p == rankFair {
		c.Fair = 1
	}
	if c.nr > 0 && c.curPrio >= 0 {
		n += c.level[p].n * int32(c.Sliced)
		if c.top() > c.curPrio {
			n++
		}
	}
	c.Waiting = n
}

// arm starts c's tick timer.
//
//go:norace
func (c *vcpu) arm() {
	if cpu.Cas32(&c.Armed, 0, 1) {
		goport.SetTimer(c.TimerID, true)
	}
}
