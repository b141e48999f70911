package lockdep

import (
	"runtime"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
)

// key is what a class is found by, besides the subclass: a name, or a place in
// the program where locks are created. Keys are kept for good, in a hash table
// with linear probing; a key's number is its place there, from 1. Single locks,
// which nobody initialised, have the numbers above.
type key struct {
	name string  // or
	site uintptr // a return address
}

var (
	keys  [2 * maxKeys]atomic.Pointer[key]
	nkeys atomic.Int32
)

// initialise is Init. skip frames are left out, this one not counted.
func (m *Map) initialise(name string, skip int) {
	live := On()
	if live {
		c := call{op: opDestroy, m: m, name: "initialised"}
		c.locate()
		c.run()
		c.deliver(m)
	}
	var site uintptr
	if name == "" && live {
		var pcs [1]uintptr
		runtime.Callers(skip+2, pcs[:])
		site = pcs[0]
	}
	m.set(keyOf(name, site), live)
}

//go:norace
func (m *Map) set(number uint32, live bool) {
	*m = Map{key: number}
	if live {
		m.epoch = cpu.Load32(&eng.epoch)
	}
}

//go:norace
func (m *Map) number() uint32 { return m.key }

// keyOf returns the number of the key; 0 if there is none or no room.
func keyOf(name string, site uintptr) uint32 {
	if name == "" && site == 0 {
		return 0
	}
	h := uint64(site)
	for i := 0; i < len(name); i++ {
		h = h*31 + uint64(name[i]) + 1
	}
	var own *key
	for i := mix(h) % uint64(len(keys)); ; i = (i + 1) % uint64(len(keys)) {
		k := keys[i].Load()
		if k == nil {
			if own == nil {
				if nkeys.Inc() > maxKeys {
					nkeys.Dec()
					return 0
				}
				own = &key{name, site}
			}
			if keys[i].CompareAndSwap(nil, own) {
				return uint32(i) + 1
			}
			k = keys[i].Load()
		}
		if k.name == name && k.site == site {
			if own != nil {
				nkeys.Dec()
			}
			return uint32(i) + 1
		}
	}
}

// keyNumbered returns the key of that number, nil for a single lock.
func keyNumbered(n uint32) *key {
	if n == 0 || n > uint32(len(keys)) {
		return nil
	}
	return keys[n-1].Load()
}
