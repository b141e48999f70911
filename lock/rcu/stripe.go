package rcu

import (
	"math/bits"
	"math/rand/v2"
	"runtime"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
)

// stripe is what readers on one CPU, or some of the ordinary goroutines, count: how
// many sections have begun and ended. A section may begin in one stripe and end
// in another; only sums mean something.
type stripe struct {
	begun, ended [2]atomic.Int64
	_            [96]byte // two cache lines: processors fetch them in pairs
}

// newStripes returns a power of two of them, four for each CPU: goroutines that
// run at the same time should not meet.
func newStripes() []stripe {
	return make([]stripe, 4<<bits.Len(uint(runtime.NumCPU()-1)))
}

// stripe returns one that other CPUs hardly use at this moment: the CPU's, or, for
// an ordinary goroutine, always the same, by a hash of what it is known by.
func (s *SRCU) stripe() *stripe {
	n := uint64(cpu.Number())
	if int64(n) < 0 {
		n = uint64(cpu.G()) * 0x9e3779b97f4a7c15 >> 32
		if n == 0 {
			n = uint64(rand.Uint32())
		}
	}
	return &s.stripes[n&uint64(len(s.stripes)-1)]
}

// enter counts a section in and returns in which half.
func (s *SRCU) enter() int {
	raceOff()
	i := s.index.Load() & 1
	s.stripe().begun[i].Inc() // a full barrier: what is read next is read after it
	raceOn()
	return int(i)
}

// leave counts it out.
func (s *SRCU) leave(i int) {
	raceOff()
	s.stripe().ended[i].Inc()
	raceOn()
}

// idle reports whether all sections of half i that have begun have ended. Ends
// are summed up first: a section that begins meanwhile is then seen to have begun,
// or has begun late enough not to matter.
func (s *SRCU) idle(i uint32) bool {
	raceOff()
	defer raceOn()
	var begun, ended int64
	for n := range s.stripes {
		ended += s.stripes[n].ended[i].Load()
	}
	for n := range s.stripes {
		begun += s.stripes[n].begun[i].Load()
	}
	return begun == ended
}
