package history

import (
	"fmt"
	"math/bits"

	"github.com/anishathalye/porcupine"

	"github.com/gokern/gokern/internal/torture"
)

// step is what a client asks of a lock.
type step struct {
	way    string
	client int
	mode   torture.Mode
	leave  bool // release it
	try    bool // may fail only if the lock is not free
}

// String shows it as an operation.
func (s step) String() string {
	what := "enter"
	if s.leave {
		what = "leave"
	}
	return fmt.Sprintf("%s %v by %s", what, s.mode, s.way)
}

// inside is the model's state: who is inside, a bit for each client.
type inside struct{ writers, readers uint64 }

// lockModel is a lock, or a semaphore if limit is more than one. A try may fail
// if the lock is held in any way; with spurious always.
func lockModel(limit int, spurious bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return inside{} },
		Step: func(state, input, output any) (bool, any) {
			s, in := state.(inside), input.(step)
			me := uint64(1) << in.client
			side := &s.readers
			if in.mode == torture.Write {
				side = &s.writers
			}
			switch {
			case in.leave:
				ok := *side&me != 0
				*side &^= me
				return ok, s
			case !output.(bool):
				return !in.try || spurious || !s.free(limit), s
			}
			ok := s.admits(in.mode, limit)
			*side |= me
			return ok, s
		},
	}
}

// admits reports whether one more may come in.
func (s inside) admits(mode torture.Mode, limit int) bool {
	if mode == torture.Read {
		return s.writers == 0
	}
	return bits.OnesCount64(s.writers) < limit && s.readers == 0
}

// free reports whether nothing keeps anybody out.
func (s inside) free(limit int) bool { return bits.OnesCount64(s.writers) < limit && s.readers == 0 }
