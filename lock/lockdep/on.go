package lockdep

import (
	"sync"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// on says whether the validator watches.
var on atomic.Bool

// On reports whether the validator watches. Locks ask before they call any
// method of their Map. Context: any.
func On() bool { return on.Load() }

// made says that eng is there.
var made atomic.Bool

var switching sync.Mutex // serialises Enable, Disable and Reset

// Enable turns the validator on. Of locks that are held at this moment it knows
// nothing until they are released. Context: may block. Linux: CONFIG_PROVE_LOCKING.
func Enable() {
	switching.Lock()
	defer switching.Unlock()
	if on.Load() {
		return
	}
	if eng == nil {
		onG0 = goport.Prepare()
		eng = newEngine()
		made.Store(true)
	}
	refill()
	c := call{op: opForgetHeld}
	c.run()
	hooks(true)
	on.Store(true)
	cpu.Store32(&cpu.ReadChecked, 1)
}

// Disable turns the validator off. It keeps the graph, and forgets who holds
// what. Context: may block. Linux: debug_locks_off().
func Disable() {
	switching.Lock()
	defer switching.Unlock()
	cpu.Store32(&cpu.ReadChecked, 0)
	on.Store(false)
	hooks(false)
}

// Reset forgets all classes, dependencies and reports, and who holds what; On
// stays as it is. Names and places of locks stay known. Context: may block.
// Linux: lockdep_reset().
func Reset() {
	switching.Lock()
	defer switching.Unlock()
	if eng == nil {
		return
	}
	c := call{op: opReset}
	c.run()
}
