//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// A debt counts as long as V has not come to it, and not for long after that; who comes
// back takes away what is his, and nothing else.
func TestDebts(t *testing.T) {
	type one struct {
		debt            uint32
		v, weight, size int64
	}
	r := newRand(t)
	rounds := 200
	if testing.Short() {
		rounds = 50
	}
	for range rounds {
		d := debts{number: -uint32(r.IntN(40)) * numLevels}              // it may wrap too
		v := r.Int64N(1000) + []int64{0, math.MaxInt64 - 1e7}[r.IntN(2)] // it may wrap
		var all []one
		most := 1 + r.IntN(100)
		for range 2000 {
			switch n := r.IntN(10); {
			case n < 4 && len(all) < most:
				o := one{weight: 3 + r.Int64N(3000), size: 1 + r.Int64N(1<<r.IntN(20))}
				o.v = v + o.size
				o.debt = d.add(o.v, o.weight, o.size)
				all = append(all, o)
			case n < 6 && len(all) > 0:
				i := r.IntN(len(all))
				d.remove(all[i].debt, all[i].v, all[i].weight)
				all[i] = all[len(all)-1]
				all = all[:len(all)-1]
			case n == 6 && r.IntN(20) == 0:
				d.move(v)
			default:
				v += r.Int64N(1 << r.IntN(15))
				if d.due(v) {
					d.drop(v)
				}
				require.False(t, d.due(v))
			}
			least, limit := int64(0), int64(0)
			for _, o := range all {
				if o.v-v > 0 {
					least += o.weight
				}
				if o.v+3*max(o.size, 1<<smallest)-v > 0 {
					limit += o.weight
				}
			}
			require.GreaterOrEqual(t, d.weight, least)
			require.LessOrEqual(t, d.weight, limit)
		}
		for _, o := range all {
			d.remove(o.debt, o.v, o.weight)
		}
		require.Zero(t, d.weight)
		require.Zero(t, d.sum)
		require.Zero(t, d.levels)
	}
}
