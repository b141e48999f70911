package lockdep

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// spin is the engine's own lock, taken on g0 only. In order, from the outside:
// waiting; a bucket's, in the order of the buckets; the graph's; the pool's.
type spin struct{ word uint32 }

//go:norace
func (s *spin) lock() {
	for !cpu.Cas32(&s.word, 0, 1) {
		for n := 0; cpu.Load32(&s.word) != 0; n++ {
			if n < 200 {
				cpu.Pause()
			} else {
				goport.HostYield()
			}
		}
	}
}

//go:norace
func (s *spin) unlock() { cpu.Release32(&s.word, 0) }
