//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math/bits"

	"github.com/gokern/gokern/internal/cpu"
)

// mask is a set of virtual CPUs.
type mask [maxCPUs / 64]uint64

// maskOf returns the set of the CPUs in list, of all n if it is nil.
//
//go:norace
func maskOf(list []int, n int) *mask {
	m := new(mask)
	if list == nil {
		for i := range n {
			m.set(i)
		}
	}
	for _, i := range list {
		m.set(i)
	}
	return m
}

//go:norace
func (m *mask) set(i int) { m[i/64] |= 1 << (i % 64) }

//go:norace
func (m *mask) has(i int32) bool { return m[uint32(i)/64]&(1<<(uint32(i)%64)) != 0 }

// single reports whether m has one CPU only.
//
//go:norace
func (m *mask) single() bool {
	n := 0
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n == 1
}

// idlers is a set of CPUs that each changes itself. For others it is a hint.
type idlers [maxCPUs / 32]uint32

//go:norace
func (m *idlers) set(id int32) {
	w := &m[id/32]
	for old := cpu.Load32(w); !cpu.Cas32(w, old, old|1<<(id%32)); old = cpu.Load32(w) {
	}
}

//go:norace
func (m *idlers) clear(id int32) {
	w := &m[id/32]
	for old := cpu.Load32(w); !cpu.Cas32(w, old, old&^(1<<(id%32))); old = cpu.Load32(w) {
	}
}

// any reports whether one of those in allowed is.
//
//go:norace
func (m *idlers) any(allowed *mask) bool {
	for i, w := range m {
		if w != 0 && uint64(w)<<(i%2*32)&allowed[i/2] != 0 {
			return true
		}
	}
	return false
}
