package percpu_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
)

type thing struct {
	users atomic.Int32
	id    int64
	check int64
}

func newThings() (*percpu.Pool[thing], *atomic.Int64) {
	made := new(atomic.Int64)
	return percpu.NewPool(func() *thing {
		id := made.Inc()
		return &thing{id: id, check: ^id}
	}), made
}

func TestPool(t *testing.T) {
	p, made := newThings()
	k := kernel(t, gpm.Config{CPUs: 2})
	in(t, k, gpm.Attr{CPUs: []int{0}}, func() {
		a := p.Get()
		b := p.Get()
		assert.NotSame(t, a, b)
		preempt.Disable() // else a collection may come between
		p.Put(a)
		assert.Same(t, a, p.Get())
		p.Put(a)
		p.Put(b)
		assert.Same(t, b, p.Get(), "the last is still in the cache")
		assert.Same(t, a, p.Get())
		preempt.Enable()
		assert.Equal(t, int64(2), made.Load())
		p.Put(nil)
		assert.NotNil(t, p.Get())
		assert.Zero(t, preempt.Count())
	})
}

// What one CPU has too much of goes to others, and to ordinary goroutines; and
// the other way round.
func TestPoolSpills(t *testing.T) {
	const many = 1000
	k := kernel(t, gpm.Config{CPUs: 2})
	sides := map[string]func(func()){
		"cpu 0": func(f func()) { in(t, k, gpm.Attr{CPUs: []int{0}}, f) },
		"cpu 1": func(f func()) { in(t, k, gpm.Attr{CPUs: []int{1}}, f) },
		"none":  func(f func()) { f() },
	}
	for from, give := range sides {
		for to, take := range sides {
			p, made := newThings()
			for range 3 {
				var all []*thing
				give(func() {
					for range many {
						all = append(all, p.Get())
					}
					for _, x := range all {
						p.Put(x)
					}
				})
				seen := map[*thing]bool{}
				take(func() {
					for range many {
						x := p.Get()
						assert.False(t, seen[x])
						seen[x] = true
					}
					for x := range seen {
						p.Put(x)
					}
				})
			}
			// A list or two of a CPU's own are out of reach; collections, and
			// sync.Pool with the race detector, drop some.
			if made.Load() >= 5*many {
				t.Errorf("from %s to %s: %d made, nothing was handed on", from, to, made.Load())
			}
		}
	}
}

// In atomic sections nothing blocks, whether there is room or not.
func TestPoolAtomic(t *testing.T) {
	p, _ := newThings()
	k := kernel(t, gpm.Config{})
	in(t, k, gpm.Attr{}, func() {
		preempt.Disable()
		var all []*thing
		for range 200 {
			all = append(all, p.Get())
		}
		for _, x := range all {
			p.Put(x)
		}
		preempt.Enable()
	})
	assert.Zero(t, k.Stats().Total.AtomicParks)
}

// Objects that nobody asks for are collected, from idle CPUs too, with a kernel
// and after it.
func TestPoolCollected(t *testing.T) {
	var made, gone atomic.Int64
	p := percpu.NewPool(func() *[100]int {
		x := new([100]int)
		made.Inc()
		runtime.AddCleanup(x, func(int) { gone.Inc() }, 0)
		return x
	})
	fill := func() {
		var all []*[100]int
		for range 100 {
			all = append(all, p.Get())
		}
		for _, x := range all {
			p.Put(x)
		}
	}
	empty := func() bool { runtime.GC(); return gone.Load() == made.Load() }
	k := kernel(t, gpm.Config{CPUs: 3})
	for n := range 3 {
		in(t, k, gpm.Attr{CPUs: []int{n}}, fill)
	}
	fill()
	require.Eventually(t, empty, 20*time.Second, time.Millisecond)
	in(t, k, gpm.Attr{}, fill)
	require.NoError(t, k.Shutdown(t.Context()))
	require.Eventually(t, empty, 20*time.Second, time.Millisecond)
	runtime.KeepAlive(p)
	t.Logf("%d made", made.Load())
}

// A pool that is dropped is collected with all it holds.
func TestPoolDropped(t *testing.T) {
	var gone atomic.Int64
	k := kernel(t, gpm.Config{})
	in(t, k, gpm.Attr{}, func() {
		p := percpu.NewPool(func() *[100]int { return new([100]int) })
		x := p.Get()
		runtime.AddCleanup(x, func(int) { gone.Inc() }, 0)
		p.Put(x)
		runtime.AddCleanup(p, func(int) { gone.Inc() }, 0)
	})
	require.Eventually(t, func() bool { runtime.GC(); return gone.Load() == 2 }, 20*time.Second, time.Millisecond)
}

// Nobody ever has an object that somebody else has, with collections all the
// time, by tasks that are preempted and moved, and by ordinary goroutines.
func TestHammerPool(t *testing.T) {
	p, made := newThings()
	k := kernel(t, gpm.Config{CPUs: runtime.NumCPU() + 2, Slice: 50 * time.Microsecond})
	var stop atomic.Bool
	var rounds atomic.Int64
	use := func() {
		var held [40]*thing
		for round := 0; !stop.Load(); round++ {
			n := 1 + round%len(held)
			for i := range n {
				x := p.Get()
				if x.users.Inc() != 1 || x.check != ^x.id {
					t.Errorf("object %d has another user", x.id)
					stop.Store(true)
				}
				held[i] = x
			}
			for i := range n {
				if x := held[i]; x.users.Dec() != 0 {
					t.Errorf("object %d had another user", x.id)
					stop.Store(true)
				}
				p.Put(held[i])
			}
			rounds.Inc()
		}
	}
	var tasks []*gpm.Task
	var wg sync.WaitGroup
	for range 8 {
		tasks = append(tasks, spawn(t, k, gpm.Attr{}, use))
	}
	for range 2 {
		wg.Add(1)
		go func() { defer wg.Done(); use() }()
	}
	collections := 0
	for end := time.Now().Add(hammerTime()); time.Now().Before(end) && !stop.Load(); collections++ {
		runtime.GC()
		move(t, tasks[collections%len(tasks)], collections%(runtime.NumCPU()+2))
	}
	stop.Store(true)
	wait(t, tasks...)
	wg.Wait()
	t.Logf("%d rounds, %d collections, %d objects", rounds.Load(), collections, made.Load())
}

// move has task run on CPU n only.
func move(t testing.TB, task *gpm.Task, n int) {
	attr := task.Attr()
	attr.CPUs = []int{n}
	if err := task.SetAttr(attr); err != nil && task.State() != gpm.Dead {
		t.Error(err)
	}
}
