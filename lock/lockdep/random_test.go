package lockdep_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/lock/lockdep"
)

// play has the validator and the model see the same operations, one for each
// byte, and requires that they find the same problems, at the same operations. It
// returns how many.
func play(t *testing.T, n int, ops []byte) (found int) {
	r := fresh(t)
	m := newModel(n)
	locks := make([]*fake, n)
	for i := range locks {
		locks[i] = named(fmt.Sprintf("L%d", i), lockdep.Sleep)
	}
	for at, op := range ops {
		if op >= 160 {
			if len(m.held) > 0 {
				i := len(m.held) - 1 // mostly the innermost
				if op >= 240 {
					i = int(op) % len(m.held)
				}
				// The validator releases the innermost of several of one lock.
				for j := i + 1; j < len(m.held); j++ {
					if m.held[j].lock == m.held[i].lock {
						i = j
					}
				}
				locks[m.held[i].lock].unlock()
				m.held = append(m.held[:i:i], m.held[i+1:]...)
			}
			continue
		}
		if len(m.held) == 8 {
			continue
		}
		l, mode, try := int(op)%n, lockdep.Mode(op/10%4%3), op >= 150
		want := m.acquire(l, mode, try)
		locks[l].take(mode, try, 0)
		got := ""
		for _, p := range r.list {
			got += problemText(p)
		}
		require.Equal(t, want, got, "operation %d of %v: %v", at, ops, r.list)
		r.list = nil
		if got != "" {
			found++
		}
	}
	for i := len(m.held) - 1; i >= 0; i-- {
		locks[m.held[i].lock].unlock()
	}
	r.none(t)
	return found
}

// problemText is how the model names a problem.
func problemText(p *lockdep.Report) string {
	c := p.Classes()
	switch {
	case errors.Is(p, lockdep.ErrRecursive):
		modes := p.Modes()
		return fmt.Sprintf("recursive %s %v %v", c[0], modes[0], modes[1])
	case errors.Is(p, lockdep.ErrCircular):
		return fmt.Sprintf("circle %s %s", c[0], c[1])
	}
	return p.Error()
}

// Random sequences of a few locks, taken in all modes and released in any order.
func TestRandomGraphs(t *testing.T) {
	r := random(t)
	rounds, found := 400, 0
	if testing.Short() {
		rounds = 100
	}
	for range rounds {
		found += play(t, 2+r.IntN(7), randomOps(r, 20+r.IntN(200)))
	}
	require.Greater(t, found, rounds, "of so many some must go wrong")
	t.Logf("%d problems in %d rounds", found, rounds)
}

func randomOps(r *rand.Rand, n int) []byte {
	ops := make([]byte, n)
	for i := range ops {
		ops[i] = byte(r.IntN(256))
	}
	return ops
}

func FuzzSequences(f *testing.F) {
	f.Add(uint8(2), []byte{0, 1, 200, 200, 1, 0})
	f.Add(uint8(3), []byte{0, 21, 200, 200, 1, 22, 200, 200, 2, 20})
	f.Fuzz(func(t *testing.T, n uint8, ops []byte) {
		if len(ops) > 300 {
			return
		}
		play(t, 2+int(n)%9, ops)
	})
}
