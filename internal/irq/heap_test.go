package irq

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

var seed = flag.Uint64("seed", 0, "seed of random tests; 0: a new one")

// The heap gives nodes back in order, whatever the mixture of ins and outs, and of
// nodes taken from its middle.
func TestHeap(t *testing.T) {
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("again with -seed=%d", s)
	r := rand.New(rand.NewPCG(s, 0))
	var h Heap
	var in []*Node // what is in it, by When
	removed := 0
	for i := range 40_000 {
		grows := 60
		if i/4000%2 == 1 {
			grows = 40
		}
		switch n := r.IntN(100); {
		case len(in) == 0 || n < grows:
			n := &Node{When: r.Int64N(1000)}
			first := h.Insert(n)
			require.Equal(t, h.First == n, first)
			at, _ := slices.BinarySearchFunc(in, n, func(a, b *Node) int { return int(a.When - b.When) })
			in = slices.Insert(in, at, n)
		case n < grows+15:
			at := r.IntN(len(in))
			h.Remove(in[at])
			require.Nil(t, in[at].prev)
			in = slices.Delete(in, at, at+1)
			removed++
		default:
			n := h.Pop()
			require.Equal(t, in[0].When, n.When)
			at := slices.Index(in, n)
			require.GreaterOrEqual(t, at, 0)
			in = slices.Delete(in, at, at+1)
		}
		if len(in) > 0 {
			require.Equal(t, in[0].When, h.First.When)
			require.Nil(t, h.First.prev)
			require.Nil(t, h.First.next)
		}
	}
	require.Greater(t, removed, 1000)
	for len(in) > 0 {
		n := h.Pop()
		require.Equal(t, in[0].When, n.When)
		in = slices.Delete(in, slices.Index(in, n), slices.Index(in, n)+1)
	}
	require.Nil(t, h.First)
}
