package heap

import (
	"cmp"
	"flag"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/internal/seed"
)

var testSeed = flag.Uint64("seed", 0, "seed of random tests; 0: a new one")

// A heap gives back the least, whatever is put in, taken from the top, and taken
// from the middle, also where keys wrap.
func TestHeap(t *testing.T) {
	r := seed.Rand(t, "seed", *testSeed)
	for _, base := range []int64{0, math.MaxInt64} {
		var h Heap
		var in []*Node
		for i := range 40_000 {
			grows := 60
			if i/4000%2 == 1 {
				grows = 40
			}
			switch n := r.IntN(100); {
			case len(in) == 0 || n < grows:
				n := &Node{Key: base + r.Int64N(500) - 250}
				require.Equal(t, h.Insert(n), h.First == n)
				in = append(in, n)
			case n < grows+20:
				i := r.IntN(len(in))
				h.Remove(in[i])
				in = slices.Delete(in, i, i+1)
			default:
				least := slices.MinFunc(in, func(a, b *Node) int { return cmp.Compare(a.Key-base, b.Key-base) })
				require.Equal(t, least.Key, h.First.Key)
				i := slices.Index(in, h.First)
				require.GreaterOrEqual(t, i, 0, "the heap has one that was taken out")
				h.Remove(h.First)
				in = slices.Delete(in, i, i+1)
			}
			require.Equal(t, len(in) == 0, h.First == nil)
			if len(in) < 50 {
				require.Equal(t, len(in), countNodes(t, h.First, nil))
			}
		}
	}
}

// countNodes checks the links below n, and returns how many there are.
func countNodes(t *testing.T, n, prev *Node) int {
	if n == nil {
		return 0
	}
	require.Same(t, prev, n.prev)
	total := 1
	for c, before := n.child, n; c != nil; c, before = c.next, c {
		require.GreaterOrEqual(t, c.Key-n.Key, int64(0))
		total += countNodes(t, c, before)
	}
	return total
}

// A list gives back what was put in, in that order, but for what was taken from
// its middle.
func TestList(t *testing.T) {
	r := seed.Rand(t, "seed", *testSeed)
	var l List
	var in []*Node
	for range 10_000 {
		if len(in) == 0 || r.IntN(2) == 0 {
			in = append(in, &Node{})
			l.Add(in[len(in)-1])
		} else {
			i := r.IntN(len(in))
			l.Remove(in[i])
			in = slices.Delete(in, i, i+1)
		}
		if len(in) == 0 {
			require.Nil(t, l.First)
			continue
		}
		require.Same(t, in[0], l.First)
		require.Same(t, in[len(in)-1], l.last)
	}
	for n := l.First; n != nil; n = n.next {
		require.Same(t, in[0], n)
		in = in[1:]
	}
	require.Empty(t, in)
}
