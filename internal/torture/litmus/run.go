package litmus

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
)

const instances = 64 // in a round

// instance is one run of a test: its variables, each on cache lines of its own,
// and what was loaded.
type instance struct {
	vars  [maxVars]cell
	loads [maxLoads]cell
}

type cell struct {
	v int8
	_ [127]byte
}

// running is a test that runs: its threads go through rounds together, in each
// over all instances in the same order, so that they meet, and are preempted,
// where chance has it.
type running struct {
	Test
	lock    func() []torture.Way
	ways    []torture.Way // in this round
	all     [instances]instance
	seen    map[Result]int
	enough  func(map[Result]int) bool
	end     time.Time
	arrived atomic.Int64
	round   atomic.Int64 // -1: no more
}

// Run runs the test for d, or until enough of the results so far is true, and
// returns how often each result came. Each round has a fresh lock of s, in all ways that it
// has. Context: an ordinary goroutine.
func (t Test) Run(k *gpm.Kernel, r *rand.Rand, s torture.Subject, d time.Duration, enough func(map[Result]int) bool) (map[Result]int, error) {
	run := &running{Test: t, lock: s.New, ways: s.New(), seen: map[Result]int{}, enough: enough, end: time.Now().Add(d)}
	var tasks []*gpm.Task
	for i := range t.Threads {
		h := &torture.Hold{R: rand.New(rand.NewPCG(r.Uint64(), 7)), Worker: i}
		task, err := k.Spawn(gpm.Attr{Name: fmt.Sprint("thread ", i)}, func() { run.rounds(i, h) })
		if err != nil {
			run.round.Store(-1)
			return nil, err
		}
		tasks = append(tasks, task)
	}
	ctx, cancel := context.WithTimeout(context.Background(), d+time.Minute)
	defer cancel()
	for i, task := range tasks {
		if task.Wait(ctx) != nil {
			return nil, fmt.Errorf("%w: litmus %s, thread %d", torture.ErrStuck, t.Name, i)
		}
	}
	return run.seen, nil
}

// rounds is what thread i does.
func (t *running) rounds(i int, h *torture.Hold) {
	for round := t.round.Load(); round >= 0; {
		for n := range t.all {
			t.thread(i, &t.all[n], h)
		}
		if t.arrived.Inc() == int64(len(t.Threads)) {
			t.turn()
		}
		now := t.round.Load()
		for tries := 0; now == round; now = t.round.Load() {
			if tries++; tries < 50 {
				runtime.Gosched()
			} else {
				time.Sleep(20 * time.Microsecond) // somebody has lost the CPU
			}
		}
		round = now
	}
}

// turn counts the results of a round and begins the next, if there is one. All
// threads are waiting for it.
func (t *running) turn() {
	for i := range t.all {
		t.seen[t.all[i].take()]++
	}
	t.ways = t.lock()
	t.arrived.Store(0)
	if time.Now().After(t.end) || t.enough(t.seen) {
		t.round.Store(-1)
		return
	}
	t.round.Inc()
}

// thread does what thread i has to do on one instance.
func (t *running) thread(i int, in *instance, h *torture.Hold) {
	for j, s := range t.Threads[i] {
		w := &t.ways[0] // of all sections that store
		if s.loads() == len(s) {
			w = &t.ways[h.R.IntN(len(t.ways))]
		}
		load := t.firstLoad(i, j)
		for again := true; again; {
			if !w.Enter(h) {
				w = &t.ways[0] // the other only tries
				continue
			}
			in.do(s, load, h.R)
			if w.Mode == torture.Peek {
				again = w.Retry(h)
			} else {
				w.Leave(h)
				again = false
			}
		}
	}
}

// do makes the accesses of a section, at times with some delay between. The race
// detector does not see them: what the lock is worth shows in the result.
//
//go:norace
//go:noinline
func (in *instance) do(s Section, load int, r *rand.Rand) {
	for _, op := range s {
		if op.Store != 0 {
			in.vars[op.Var].v = int8(op.Store)
		} else {
			in.loads[load].v = in.vars[op.Var].v
			load++
		}
		if len(s) > 1 && r.IntN(4) == 0 {
			torture.Spin(r.IntN(400))
		}
	}
}

// take returns the result and makes all zero again.
//
//go:norace
func (in *instance) take() (r Result) {
	for i := range in.vars {
		r.Vars[i], in.vars[i].v = in.vars[i].v, 0
	}
	for i := range in.loads {
		r.Loads[i], in.loads[i].v = in.loads[i].v, 0
	}
	return r
}
