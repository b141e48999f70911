package history

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
)

// Bag is a pool or a queue, of which the history is to show that what comes out
// has been put in, and comes out once.
type Bag struct {
	Put func(v int)
	Get func() (v int, ok bool)
}

type (
	put int      // the value
	get struct{} // its output is the value
)

// bagModel looks at each value alone: it is not there, there, or gone.
var bagModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byValue := map[int][]porcupine.Operation{}
		for _, op := range history {
			v, is := op.Output.(int)
			if !is {
				v = int(op.Input.(put))
			}
			byValue[v] = append(byValue[v], op)
		}
		var parts [][]porcupine.Operation
		for _, ops := range byValue {
			parts = append(parts, ops)
		}
		return parts
	},
	Init: func() any { return 0 },
	Step: func(state, input, _ any) (bool, any) {
		want := 0
		if _, is := input.(get); is {
			want = 1
		}
		return state.(int) == want, want + 1
	},
}

// checkBag records and checks one history. The gets that find nothing are left out.
func checkBag(k *gpm.Kernel, r *rand.Rand, b Bag) error {
	ops, err := Record(k, r, clients, length, func(c *Recorder) {
		for n := 0; c.Left() > 0; {
			if c.R.IntN(2) == 0 {
				v := c.id*length + n
				n++
				c.Call(put(v))
				b.Put(v)
				c.Return(nil)
				continue
			}
			c.Call(get{})
			if v, ok := b.Get(); ok {
				c.Return(v)
			} else {
				c.Forget()
			}
		}
	})
	if err != nil {
		return err
	}
	return Check(bagModel, ops)
}

// TestBag records and checks histories for a share of the torture's time.
func TestBag(t *testing.T, share float64, fresh func() Bag) {
	with(t, func(k *gpm.Kernel, r *rand.Rand) {
		n := 0
		for end := time.Now().Add(torture.Time(share)); n < 3 || time.Now().Before(end); n++ {
			require.NoError(t, checkBag(k, r, fresh()))
		}
		t.Logf("%d histories", n)
	})
}

// MustCatchBag fails if no history shows within a minute that it is broken.
func MustCatchBag(t *testing.T, fresh func() Bag) {
	with(t, func(k *gpm.Kernel, r *rand.Rand) {
		mustCatch(t, func() error { return checkBag(k, r, fresh()) })
	})
}
