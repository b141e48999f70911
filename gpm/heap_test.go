//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A heap gives back the least, whatever is put in, taken from the top, and taken
// from the middle.
func TestHeap(t *testing.T) {
	r := fairRand(t)
	var h heap
	var in []*node
	for range 50_000 {
		switch {
		case len(in) == 0 || r.IntN(100) < 50:
			n := &node{key: r.Int64N(500) - 250}
			h.insert(n)
			in = append(in, n)
		case r.IntN(2) == 0:
			i := r.IntN(len(in))
			h.delete(in[i])
			in = slices.Delete(in, i, i+1)
		default:
			least := slices.MinFunc(in, func(a, b *node) int { return cmp.Compare(a.key, b.key) })
			require.Equal(t, least.key, h.root.key)
			i := slices.Index(in, h.root)
			require.GreaterOrEqual(t, i, 0, "the heap has one that was taken out")
			h.delete(h.root)
			in = slices.Delete(in, i, i+1)
		}
		require.Equal(t, len(in) == 0, h.root == nil)
		if len(in) < 50 {
			require.Equal(t, len(in), countNodes(t, h.root, nil))
		}
	}
}

// countNodes checks the links below n, and returns how many there are.
func countNodes(t *testing.T, n, prev *node) int {
	if n == nil {
		return 0
	}
	require.Same(t, prev, n.prev)
	total := 1
	for c, before := n.child, n; c != nil; c, before = c.next, c {
		require.GreaterOrEqual(t, c.key, n.key)
		total += countNodes(t, c, before)
	}
	return total
}
