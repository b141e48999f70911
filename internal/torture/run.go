package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
)

// run is one torture.
type run struct {
	subject Subject
	params  Params
	kernel  *gpm.Kernel
	locks   []*lock // the last is the one that everybody uses
	workers []*worker
	tasks   []*gpm.Task // the first of the workers
	plain   sync.WaitGroup
	stop    atomic.Bool
	failed  atomic.Bool
	peeks   bool // the lock has readers that only peek
	torn    atomic.Bool
	gate    gate
}

// Run tortures the subject on kernel k, which was booted with p.CPUs.
// Context: an ordinary goroutine. If the report says that it is stuck, its
// tasks may still be there.
func Run(k *gpm.Kernel, s Subject, p Params, r *rand.Rand) *Report {
	t := &run{subject: s, params: p.complete(s, r), kernel: k}
	t.makeLocks()
	t.makeWorkers(r)
	before := k.Stats().Total
	err := t.start(r)
	rep := t.report()
	rep.since(before, k.Stats().Total)
	rep.Stuck = err
	return rep
}

func (t *run) makeLocks() {
	workers := t.params.Writers + t.params.Readers + t.params.Plain
	for range t.params.Nested + 1 {
		l := &lock{ways: t.subject.New()}
		for range max(t.subject.Places, 1) {
			l.guards = append(l.guards, newGuard(workers, t.subject.Limit))
		}
		t.locks = append(t.locks, l)
	}
}

// makeWorkers makes readers, if the lock has any, writers, and ordinary
// goroutines that do both.
func (t *run) makeWorkers(r *rand.Rand) {
	var writes, reads, outer []int
	for i, w := range t.locks[0].ways {
		switch {
		case w.Mode == Write:
			writes = append(writes, i)
		default:
			reads = append(reads, i)
		}
		t.peeks = t.peeks || w.Mode == Peek
		if w.Mode != Peek && !w.Outermost && (len(outer) == 0 || r.IntN(2) == 0) {
			outer = append(outer, i)
		}
	}
	add := func(n int, picks ...int) {
		for range n {
			if len(picks) == 0 {
				return
			}
			w := &worker{run: t, id: len(t.workers), picks: picks, outer: outer, r: rand.New(rand.NewPCG(r.Uint64(), 4))}
			for i := range w.holds {
				w.holds[i] = Hold{R: w.r, Worker: w.id}
			}
			t.workers = append(t.workers, w)
		}
	}
	add(t.params.Readers, reads...)
	add(t.params.Writers, writes...)
	add(t.params.Plain, slices.Concat(writes, reads)...)
}

// start has the workers work for the time of the run.
func (t *run) start(r *rand.Rand) error {
	tasks := len(t.workers) - t.params.Plain
	for _, w := range t.workers[:tasks] {
		task, err := t.kernel.Spawn(gpm.Attr{Name: fmt.Sprint("worker ", w.id)}, w.loop)
		if err != nil {
			t.stop.Store(true)
			return err
		}
		t.tasks = append(t.tasks, task)
	}
	for _, w := range t.workers[tasks:] {
		t.plain.Go(w.loop)
	}
	calm := func() {}
	if !t.params.Quiet {
		calm = t.disturb(r)
	}
	stuck := t.watch(time.Now().Add(t.params.For))
	t.stop.Store(true)
	if stuck == "" {
		stuck = t.join()
	}
	calm()
	if stuck == "" {
		return nil
	}
	err := fmt.Errorf("%w: %s\n%s", ErrStuck, stuck, stacks())
	if t.subject.Free != nil {
		t.subject.Free()
		if stuck := t.join(); stuck != "" {
			err = fmt.Errorf("%w\nand not even freed: %s", err, stuck)
		}
	}
	return err
}

func (t *run) disturb(r *rand.Rand) (calm func()) {
	own := rand.New(rand.NewPCG(r.Uint64(), 5))
	stop := Disturb(t.kernel, t.params.CPUs, r, t.tasks, func(i int, on bool) { t.workers[i].urgent.Store(on) })
	var end atomic.Bool
	var stutters sync.WaitGroup
	stutters.Go(func() {
		for !end.Load() {
			t.gate.stutter(own)
		}
	})
	return func() {
		end.Store(true)
		stutters.Wait()
		stop()
	}
}

// watch waits until the end and returns who got stuck before it, if anybody did.
func (t *run) watch(end time.Time) string {
	seen := make([]int64, len(t.workers))
	since := make([]time.Time, len(t.workers))
	last := end.Add(t.params.Patience)
	for time.Now().Before(end) || !t.allIn() && time.Now().Before(last) {
		if t.params.ToFail && t.failed.Load() {
			return ""
		}
		time.Sleep(5 * time.Millisecond)
		now := time.Now()
		for i, w := range t.workers {
			if n := w.rounds.Load(); n != seen[i] || since[i].IsZero() {
				seen[i], since[i] = n, now
			} else if now.Sub(since[i]) > t.params.Patience {
				return fmt.Sprintf("worker %d has waited for %v", i, t.params.Patience)
			}
		}
	}
	return ""
}

// allIn reports whether everybody has had some turns, peeks have met a change, and
// as many as may have been inside together: on a busy machine a short time may not
// be enough for that.
func (t *run) allIn() bool {
	if t.peeks && !t.torn.Load() || t.params.overlap && t.together() < t.subject.together() {
		return false
	}
	return !slices.ContainsFunc(t.workers, func(w *worker) bool { return w.rounds.Load() < 2*minTurns })
}

const minTurns = 50

// together returns how many have been seen inside together so far.
//
//go:norace
func (t *run) together() (n int) {
	for _, l := range t.locks {
		for _, g := range l.guards {
			n = max(n, g.most)
		}
	}
	return n
}

// join waits for the workers to end, and says who does not.
func (t *run) join() string {
	ctx, cancel := context.WithTimeout(context.Background(), t.params.Patience)
	defer cancel()
	for i, task := range t.tasks {
		if task.Wait(ctx) != nil {
			return fmt.Sprintf("worker %d does not end", i)
		}
	}
	done := make(chan struct{})
	go func() { t.plain.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		return "an ordinary goroutine does not end"
	}
	return ""
}

// stacks returns all goroutines' stacks, or as much as is readable.
func stacks() string {
	buf := make([]byte, 64<<10)
	return string(buf[:runtime.Stack(buf, true)])
}
