package history

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
)

// ErrNotLinearizable: no order of the operations explains their answers.
var ErrNotLinearizable = errors.New("history: not linearizable")

const (
	clients = 6
	length  = 120 // operations of each
)

// Lock records one history of a new lock of that kind and checks it. A lock
// that is one for each CPU, or that readers only peek at, has no such model.
func Lock(k *gpm.Kernel, s torture.Subject, r *rand.Rand) error {
	ways := s.New()
	ops, err := Record(k, r, clients, length, func(c *Recorder) {
		use(c, s, ways)
	})
	if err != nil {
		return err
	}
	return Check(lockModel(max(s.Limit, 1), s.Spurious), ops)
}

// use takes and releases the lock as long as there is room for the record. It
// makes its inputs and outputs beforehand, since a holder may not be allowed to
// allocate.
func use(c *Recorder, s torture.Subject, ways []torture.Way) {
	h := &torture.Hold{R: c.R, Worker: c.id}
	enter, leave := make([]any, len(ways)), make([]any, len(ways))
	for i, w := range ways {
		enter[i] = step{way: w.Name, client: c.id, mode: w.Mode, try: w.Try}
		leave[i] = step{way: w.Name, client: c.id, mode: w.Mode, leave: true}
	}
	var yes, no any = true, false
	for c.Left() >= 2 {
		i := c.R.IntN(len(ways))
		w := &ways[i]
		if w.Mode == torture.Peek {
			continue
		}
		c.Call(enter[i])
		if !w.Enter(h) {
			c.Return(no)
			continue
		}
		c.Return(yes)
		torture.Pause(c.R, &s)
		c.Call(leave[i])
		w.Leave(h)
		c.Return(yes)
	}
}

// Check checks a history against a model; the error wraps ErrNotLinearizable.
func Check(m porcupine.Model, ops []porcupine.Operation) error {
	switch porcupine.CheckOperationsTimeout(m, ops, time.Minute) {
	case porcupine.Illegal:
		return fmt.Errorf("%w:\n%s", ErrNotLinearizable, explain(m, ops))
	case porcupine.Unknown:
		return errors.New("history: not checked within a minute")
	}
	return nil
}

// TestLocks records and checks histories of each of the subjects for its share
// of the torture's time.
func TestLocks(t *testing.T, share float64, subjects ...torture.Subject) {
	each(t, subjects, func(t *testing.T, k *gpm.Kernel, s torture.Subject, r *rand.Rand) {
		n := 0
		for end := time.Now().Add(torture.Time(share / float64(len(subjects)))); n < 3 || time.Now().Before(end); n++ {
			require.NoError(t, Lock(k, s, r))
		}
		t.Logf("%d histories of %d operations", n, clients*length)
	})
}

// MustCatch is TestLocks for locks that are broken on purpose: it fails if no
// history shows that within a minute.
func MustCatch(t *testing.T, subjects ...torture.Subject) {
	each(t, subjects, func(t *testing.T, k *gpm.Kernel, s torture.Subject, r *rand.Rand) {
		mustCatch(t, func() error { return Lock(k, s, r) })
	})
}

// mustCatch fails if none of the histories that f checks within a minute is bad.
func mustCatch(t *testing.T, f func() error) {
	n := 1
	for end := time.Now().Add(time.Minute); time.Now().Before(end); n++ {
		if err := f(); err != nil {
			require.ErrorIs(t, err, ErrNotLinearizable)
			t.Logf("caught by history %d: %v", n, err)
			return
		}
	}
	require.Fail(t, "what is broken passed", "%d histories", n)
}

// each runs f in a subtest for each subject, with a kernel and under disturbance.
func each(t *testing.T, subjects []torture.Subject, f func(*testing.T, *gpm.Kernel, torture.Subject, *rand.Rand)) {
	for _, s := range subjects {
		t.Run(s.Name, func(t *testing.T) {
			with(t, func(k *gpm.Kernel, r *rand.Rand) { f(t, k, s, r) })
		})
	}
}

// with runs f with a kernel and under disturbance.
func with(t *testing.T, f func(*gpm.Kernel, *rand.Rand)) {
	r := rand.New(rand.NewPCG(torture.Seed(t), 0))
	k := torture.Kernel(t, gpm.Config{CPUs: 4, Slice: 100 * time.Microsecond})
	defer torture.Disturb(k, 4, r, nil, nil)()
	f(k, r)
}
