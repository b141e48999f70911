package history

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
)

// Tokens is what a completion, a semaphore used between tasks, and a wait queue
// with a condition have in common: posts, each of which lets one taker go on.
type Tokens struct {
	Post func()
	Take func() // waits for one
	// May be nil.
	TryTake     func() bool
	TakeContext func(context.Context) error
	// Spurious says that TryTake may fail although there is one.
	Spurious bool
}

// give and take are the model's inputs. The state is the number of tokens.
type (
	give struct{}
	take struct{ try bool } // try: fails only if there is none
)

func (give) String() string { return "give" }

func (t take) String() string {
	if t.try {
		return "try to take"
	}
	return "take"
}

var tokenModel = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, output any) (bool, any) {
		n := state.(int)
		switch in := input.(type) {
		case take:
			if !output.(bool) {
				return !in.try || n == 0, n
			}
			return n > 0, n - 1
		default:
			return true, n + 1
		}
	},
}

// checkTokens records and checks one history: two clients post as many tokens as the
// others take.
func checkTokens(k *gpm.Kernel, r *rand.Rand, t Tokens) error {
	const producers, each = 2, 40
	ops, err := Record(k, r, clients, 10*each, func(c *Recorder) {
		h := &torture.Hold{R: c.R, Worker: c.id}
		defer h.Done()
		if c.id < producers {
			for range each * (clients - producers) / producers {
				torture.Pause(c.R, &torture.Subject{})
				c.Call(give{})
				t.Post()
				c.Return(true)
			}
			return
		}
		for taken := 0; taken < each; {
			if takeOne(c, t, h) {
				taken++
			}
		}
	})
	if err != nil {
		return err
	}
	return Check(tokenModel, ops)
}

// takeOne takes a token in some way and reports whether it has got one. It
// waits for ever as soon as the record would else become too long.
func takeOne(c *Recorder, t Tokens, h *torture.Hold) (ok bool) {
	x := c.R.IntN(4)
	if c.Left() <= 60 {
		x = 0
	}
	switch {
	case x == 1 && t.TryTake != nil:
		c.Call(take{try: !t.Spurious})
		ok = t.TryTake()
	case x == 2 && t.TakeContext != nil:
		ctx := h.Context()
		c.Call(take{})
		ok = t.TakeContext(ctx) == nil
	default:
		c.Call(take{})
		t.Take()
		ok = true
	}
	c.Return(ok)
	return ok
}

// TestTokens records and checks histories for a share of the torture's time.
func TestTokens(t *testing.T, share float64, fresh func() Tokens) {
	with(t, func(k *gpm.Kernel, r *rand.Rand) {
		n := 0
		for end := time.Now().Add(torture.Time(share)); n < 3 || time.Now().Before(end); n++ {
			require.NoError(t, checkTokens(k, r, fresh()))
		}
		t.Logf("%d histories", n)
	})
}

// MustCatchTokens fails if no history shows within a minute that they are broken.
func MustCatchTokens(t *testing.T, fresh func() Tokens) {
	with(t, func(k *gpm.Kernel, r *rand.Rand) {
		mustCatch(t, func() error { return checkTokens(k, r, fresh()) })
	})
}
