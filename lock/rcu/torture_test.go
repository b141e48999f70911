package rcu_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock/rcu"
)

// The torture is rcutorture's: readers find an element by a pointer and look at it
// until their section ends; writers put others in its place. An element that was
// taken away counts in its pipe the grace periods since. A reader may find 0, or 1
// if it was taken away meanwhile, and never more. After its first grace period an
// element is poisoned as well, by plain writes that the race detector watches.
// Linux: kernel/rcu/rcutorture.c.

// pipeLength is how many grace periods an element goes through before it is used again.
const pipeLength = 5

type element struct {
	pipe    atomic.Int32
	payload [4]uint64 // alike, and not poison
}

const poison = 0x6b6b6b6b6b6b6b6b

// run is one torture.
type run struct {
	flavour
	current  rcu.Pointer[element]
	mu       sync.Mutex // protects free
	free     []*element
	stop     atomic.Bool
	first    atomic.Error
	pipes    [pipeLength + 2]atomic.Int64 // how often readers found which count
	grace    atomic.Int64
	callback atomic.Int64 // under way
}

func (r *run) fail(format string, args ...any) {
	r.first.CompareAndSwap(nil, fmt.Errorf(format, args...))
	r.stop.Store(true)
}

// take returns an element that nobody knows, nil if there is none.
func (r *run) take() (e *element) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		e, r.free = r.free[n-1], r.free[:n-1]
	}
	return e
}

// fill makes e's payload consistent.
func (r *run) fill(e *element, v uint64) {
	if r.racy {
		return
	}
	for i := range e.payload {
		e.payload[i] = v
	}
}

// check looks at e's payload as a reader.
func (r *run) check(e *element, when string) {
	if r.racy {
		return
	}
	for _, v := range e.payload {
		if v != e.payload[0] || v == poison {
			r.fail("%s: a reader %s its section has found %x", r.name, when, e.payload)
			return
		}
	}
}

// aged is called when a grace period has passed since e's pipe was last counted. It
// reports whether e has reached the end.
func (r *run) aged(e *element) bool {
	r.grace.Inc()
	if n := e.pipe.Inc(); n == 2 {
		r.fill(e, poison)
	} else if n < pipeLength {
		return false
	}
	if e.pipe.Load() < pipeLength {
		return false
	}
	r.mu.Lock()
	r.free = append(r.free, e)
	r.mu.Unlock()
	return true
}

// read is one section of a reader.
func (r *run) read(rnd *rand.Rand) {
	s := r.enter(rnd)
	e := r.current.Dereference()
	r.check(e, "early in")
	s.linger(rnd)
	r.check(e, "late in")
	n := e.pipe.Load()
	s.leave()
	r.pipes[min(int(n), len(r.pipes)-1)].Inc()
	if n > 1 {
		r.fail("%s: a reader has an element that %d grace periods have passed since", r.name, n-1)
	}
}

// write replaces the element and sees the old one through its pipe.
func (r *run) write(rnd *rand.Rand) {
	e := r.take()
	if e == nil {
		r.barrier()
		return
	}
	e.pipe.Store(0)
	r.fill(e, rnd.Uint64()>>1)
	early := r.early()
	old := r.current.Replace(e)
	old.pipe.Store(1)
	if early != nil {
		early()
		r.aged(old)
	}
	if rnd.IntN(2) == 0 {
		var head rcu.Head
		r.callback.Inc()
		r.call(&head, func() { r.called(&head, old) })
		return
	}
	for {
		r.syncs[rnd.IntN(len(r.syncs))]()
		if r.aged(old) {
			return
		}
	}
}

// called is the function of a call.
func (r *run) called(head *rcu.Head, e *element) {
	if !r.aged(e) {
		r.call(head, func() { r.called(head, e) })
		return
	}
	r.callback.Dec()
}

// runTorture tortures f until the time is over or a reader has found what it must not.
func runTorture(t *testing.T, f flavour, lasts time.Duration) error {
	rnd := rand.New(rand.NewPCG(torture.Seed(t), 0))
	cpus := []int{1, 2, 4, 6}[rnd.IntN(4)]
	k := torture.Kernel(t, gpm.Config{CPUs: cpus, Slice: 100 * time.Microsecond})
	r := &run{flavour: f}
	for range 100 {
		r.free = append(r.free, new(element))
	}
	first := r.take()
	r.fill(first, 1)
	r.current.Assign(first)

	var tasks []*gpm.Task
	var done sync.WaitGroup
	work := func(task bool, f func(*rand.Rand)) {
		own := rand.New(rand.NewPCG(rnd.Uint64(), 1))
		loop := func() {
			defer done.Done()
			for !r.stop.Load() {
				f(own)
				if own.IntN(50) == 0 {
					time.Sleep(time.Duration(own.IntN(300)) * time.Microsecond)
				}
			}
		}
		done.Add(1)
		if task {
			tasks = append(tasks, spawn(t, k, gpm.Attr{}, loop))
		} else {
			go loop()
		}
	}
	for range 2*cpus + 2 {
		work(true, r.read)
	}
	for i := range 4 {
		work(i%2 == 0, r.write)
		if f.plain {
			work(false, r.read)
		}
	}
	// Waits that nobody needs, and calls that do nothing: rcutorture's fake writers.
	for i := range 2 {
		work(i == 0, func(rnd *rand.Rand) {
			r.syncs[rnd.IntN(len(r.syncs))]()
			for range rnd.IntN(200) {
				r.call(new(rcu.Head), func() {})
			}
			if rnd.IntN(10) == 0 {
				r.barrier()
			}
		})
	}
	undisturbed := torture.Disturb(k, cpus, rnd, tasks, nil)
	for end := time.Now().Add(lasts); time.Now().Before(end) && !r.stop.Load(); {
		time.Sleep(time.Millisecond)
	}
	r.stop.Store(true)
	undisturbed()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, task := range tasks {
		if err := task.Wait(ctx); err != nil {
			return fmt.Errorf("%v hangs: %w", task, err)
		}
	}
	done.Wait()
	for r.callback.Load() != 0 {
		r.barrier()
		runtime.Gosched()
	}
	var pipes []int64
	for i := range r.pipes {
		pipes = append(pipes, r.pipes[i].Load())
	}
	stats := k.Stats().Total
	t.Logf("%s: %d CPUs, %d grace periods seen, pipes %v, %d preemptions, %d migrations", r.name, cpus, r.grace.Load(), pipes,
		stats.Async+stats.Sync, stats.Migrations)
	if r.first.Load() == nil && (pipes[0] == 0 || r.grace.Load() == 0) {
		return fmt.Errorf("%s: nothing has happened", r.name)
	}
	return r.first.Load()
}

func TestTorture(t *testing.T) {
	for _, f := range []flavour{rcuFlavour(), srcuFlavour()} {
		t.Run(f.name, func(t *testing.T) { require.NoError(t, runTorture(t, f, torture.Time(0.5))) })
	}
}

// The torture must find what is there.
func TestTortureBusted(t *testing.T) {
	for _, f := range busted() {
		t.Run(f.name, func(t *testing.T) {
			f.racy = true
			err := runTorture(t, f, long)
			require.Error(t, err, "not caught")
			t.Log("caught:", err)
		})
	}
}
