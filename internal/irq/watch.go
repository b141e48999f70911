//go:build linux && amd64 && go1.25 && !go1.28

package irq

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// Watch is how the one who manages workers learns that one of them blocks.
type Watch struct {
	sleeper goport.Sleeper
	want    uint32 // 1: it wants to know
}

// Sleep waits until Wake, or, while Want says so, until a worker blocks; what has
// happened since the last Sleep ends it at once. Context: one task.
func (w *Watch) Sleep() { w.sleeper.Sleep() }

// Wake ends Sleep. Context: any.
func (w *Watch) Wake() { w.sleeper.Wake() }

// Want says whether workers that block are to end Sleep. A worker says that it is
// blocked before it looks at this.
func (w *Watch) Want(want bool) {
	n := uint32(0)
	if want {
		n = 1
	}
	cpu.Xchg32(&w.want, n)
}

// Blocked says that a worker blocks. Context: g0, no lock held.
//
//go:norace
func (w *Watch) Blocked() {
	cpu.Fence()
	if w.want != 0 {
		w.sleeper.WakeOnG0()
	}
}
