package lock_test

import (
	"context"
	"errors"

	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
)

const wwMutexes = 4

// oneWW is a WWMutex by itself, with and without an acquire context.
func oneWW() []torture.Way {
	c := &lock.WWClass{}
	m := lock.NewWWMutex(c)
	with := torture.Way{
		Name: "Lock in a context", Mode: torture.Write,
		Enter: func(h *torture.Hold) bool {
			x := c.Begin()
			if m.Lock(x) != nil {
				x.Fini() // it holds nothing else: it must not be told to give up
				return false
			}
			h.Node = x
			return true
		},
		Leave: func(h *torture.Hold) { m.Unlock(); h.Node.(*lock.AcquireCtx).Fini() },
	}
	return []torture.Way{
		torture.Exclusive("Lock", func() { _ = m.Lock(nil) }, m.Unlock),
		torture.Try("TryLock", torture.Write, func() bool { return m.TryLock(nil) }, m.Unlock),
		torture.Within("LockContext", torture.Write, func(ctx context.Context) error { return m.LockContext(ctx, nil) }, m.Unlock),
		with,
	}
}

// wwJob is one attempt to take several mutexes.
type wwJob struct {
	x    *lock.AcquireCtx
	held []*lock.WWMutex
}

// manyWW are some WWMutexes, of which each section takes that of its place and
// some others, in any order.
func manyWW(c *lock.WWClass) []torture.Way {
	var all []*lock.WWMutex
	for range wwMutexes {
		all = append(all, lock.NewWWMutex(c))
	}
	jobs := func(name string, try func(*torture.Hold, *lock.WWMutex, *lock.AcquireCtx) error) torture.Way {
		return torture.Way{
			Name: name, Mode: torture.Write,
			Enter: func(h *torture.Hold) bool {
				h.Place = h.R.IntN(wwMutexes)
				j := &wwJob{x: c.Begin()}
				h.Node = j
				order := h.R.Perm(wwMutexes)
				want := []*lock.WWMutex{all[h.Place]}
				for _, n := range order[:h.R.IntN(wwMutexes)] {
					if n != h.Place {
						want = append(want, all[n])
					}
				}
				h.R.Shuffle(len(want), func(i, k int) { want[i], want[k] = want[k], want[i] })
				return j.take(want, func(m *lock.WWMutex) error { return try(h, m, j.x) })
			},
			Leave: func(h *torture.Hold) { h.Node.(*wwJob).end(); h.Done() },
		}
	}
	alone := torture.Exclusive("Lock", nil, nil)
	alone.Enter = func(h *torture.Hold) bool { h.Place = h.R.IntN(wwMutexes); return all[h.Place].Lock(nil) == nil }
	alone.Leave = func(h *torture.Hold) { all[h.Place].Unlock() }
	return []torture.Way{
		jobs("several", func(_ *torture.Hold, m *lock.WWMutex, x *lock.AcquireCtx) error { return m.Lock(x) }),
		jobs("several, soon", func(h *torture.Hold, m *lock.WWMutex, x *lock.AcquireCtx) error {
			return m.LockContext(h.Context(), x)
		}),
		alone,
	}
}

// take takes all that are wanted, and starts again as often as it is told to. It
// reports whether it has them; if not it holds nothing.
func (j *wwJob) take(want []*lock.WWMutex, lockOne func(*lock.WWMutex) error) bool {
	for next := 0; next < len(want); next++ {
		err := lockOne(want[next])
		switch {
		case err == nil:
			j.held = append(j.held, want[next])
		case errors.Is(err, lock.ErrDeadlock):
			j.release()
			want[0], want[next] = want[next], want[0]
			want[0].LockSlow(j.x)
			j.held = append(j.held, want[0])
			next = 0
		default:
			j.end()
			return false
		}
	}
	return true
}

func (j *wwJob) release() {
	for _, m := range j.held {
		m.Unlock()
	}
	j.held = j.held[:0]
}

func (j *wwJob) end() {
	j.release()
	j.x.Fini()
}
