package bench

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/puzpuzpuz/xsync/v4"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/percpu"
)

// BenchmarkAdd measures an addition to a number that is hot in the cache.
//
//	alone      one side adds
//	all        a side for each CPU of the machine adds to the same number;
//	           ns/op is the time of one addition of one side
//	/atomic    sync/atomic's Int64.Add
//	/kernel    percpu.Word's Add, in a task
func BenchmarkAdd(b *testing.B) {
	supported(b)
	b.Run("alone", func(b *testing.B) {
		b.Run("atomic", func(b *testing.B) { alone(b, addAtomic(new(atomic.Int64))) })
		b.Run("kernel", func(b *testing.B) { aloneTask(b, addWord(percpu.NewWord[int64]())) })
	})
	b.Run("all", func(b *testing.B) {
		b.Run("atomic", func(b *testing.B) { all(b, addAtomic(new(atomic.Int64))) })
		b.Run("kernel", func(b *testing.B) { allTasks(b, addWord(percpu.NewWord[int64]())) })
	})
}

// Each loop is a function of its own, so that what is measured is inlined as it
// would be anywhere. Who makes one is not: in the copies of its function literal
// calls of methods of generic types stay calls.
type loop func(n int)

//go:noinline
func addAtomic(v *atomic.Int64) loop {
	return func(n int) {
		for range n {
			v.Add(1)
		}
	}
}

//go:noinline
func addWord(v *percpu.Word[int64]) loop {
	return func(n int) {
		for range n {
			v.Add(1)
		}
	}
}

//go:noinline
func addXsync(v *xsync.Counter) loop {
	return func(n int) {
		for range n {
			v.Add(1)
		}
	}
}

//go:noinline
func addSharded(v *sharded) loop {
	return func(n int) {
		for range n {
			v.Add(1)
		}
	}
}

//go:noinline
func addCounter(v *percpu.Counter) loop {
	return func(n int) {
		for range n {
			v.Add(1)
		}
	}
}

// BenchmarkCounter measures an addition to a counter that is made for many to
// add to; alone and all as in BenchmarkAdd.
//
//	xsync     github.com/puzpuzpuz/xsync/v4's Counter
//	sharded   a part for each P, found by procPin: see the type sharded
//	kernel    percpu.Counter, in a task
func BenchmarkCounter(b *testing.B) {
	supported(b)
	b.Run("alone", func(b *testing.B) {
		b.Run("xsync", func(b *testing.B) { alone(b, addXsync(xsync.NewCounter())) })
		b.Run("sharded", func(b *testing.B) { alone(b, addSharded(newSharded(runtime.GOMAXPROCS(0)))) })
		b.Run("kernel", func(b *testing.B) { aloneTask(b, addCounter(percpu.NewCounter(0))) })
	})
	b.Run("all", func(b *testing.B) {
		b.Run("xsync", func(b *testing.B) { all(b, addXsync(xsync.NewCounter())) })
		b.Run("sharded", func(b *testing.B) { all(b, addSharded(newSharded(runtime.GOMAXPROCS(0)))) })
		b.Run("kernel", func(b *testing.B) { allTasks(b, addCounter(percpu.NewCounter(0))) })
	})
}

func alone(b *testing.B, f loop) { f(b.N) }

func aloneTask(b *testing.B, f loop) {
	k := boot(b, oneVirtual)
	asTask(b, k, gpm.Attr{}, func() {
		b.ResetTimer()
		f(b.N)
		b.StopTimer()
	})
}

func all(b *testing.B, f loop) { together(b, func(int) start { return goroutine }, f) }

func allTasks(b *testing.B, f loop) {
	k := boot(b, gpm.Config{})
	together(b, func(i int) start { return tasks(b, k, gpm.Attr{CPUs: []int{i}}) }, f)
}

// together runs f(b.N) on as many sides as the machine has CPUs, all at once.
func together(b *testing.B, on func(i int) start, f loop) {
	sides := runtime.NumCPU()
	var ready sync.WaitGroup
	var done sync.WaitGroup
	ready.Add(sides)
	done.Add(sides)
	var waiting atomic.Int64
	for i := range sides {
		on(i)(func() {
			ready.Done()
			for waiting.Add(1); waiting.Load() < int64(sides); {
			}
			if i == 0 {
				b.ResetTimer()
			}
			f(b.N)
			done.Done()
		})
	}
	done.Wait()
	b.StopTimer()
}

// BenchmarkSection measures an empty section that stays on its CPU and knows
// which one that is: entered and left.
//
//	mutex    sync.Mutex, never contended, which is what protects data otherwise
//	kernel   percpu.GetCPU and PutCPU, in a task
func BenchmarkSection(b *testing.B) {
	supported(b)
	b.Run("mutex", func(b *testing.B) {
		var mu sync.Mutex
		alone(b, func(n int) {
			for range n {
				mu.Lock()
				//lint:ignore SA2001 what it costs to enter and leave is the question
				mu.Unlock()
			}
		})
	})
	b.Run("kernel", func(b *testing.B) {
		aloneTask(b, func(n int) {
			for range n {
				percpu.GetCPU()
				percpu.PutCPU()
			}
		})
	})
}

// BenchmarkPool measures a Get and a Put of an object of 64 bytes.
//
//	alone      one side, the same object over and over
//	all        a side for each CPU of the machine
//	preempted  eight sides that hold four objects at a time; kernel's are
//	           preempted every 50 µs, plain's are goroutines
//	/sync      sync.Pool, by goroutines
//	/synctask  sync.Pool, by tasks
//	/kernel    percpu.Pool, by tasks
func BenchmarkPool(b *testing.B) {
	supported(b)
	for _, l := range []struct {
		name  string
		tasks bool
		pool  func() pool
	}{
		{"sync", false, newSyncPool},
		{"synctask", true, newSyncPool},
		{"kernel", true, newKernelPool},
	} {
		b.Run("alone/"+l.name, func(b *testing.B) {
			if l.tasks {
				aloneTask(b, l.pool().pairs)
			} else {
				alone(b, l.pool().pairs)
			}
		})
		b.Run("all/"+l.name, func(b *testing.B) {
			if l.tasks {
				allTasks(b, l.pool().pairs)
			} else {
				all(b, l.pool().pairs)
			}
		})
		b.Run("preempted/"+l.name, func(b *testing.B) { preempted(b, l.tasks, l.pool().fours) })
	}
}

type object [64]byte

type pool struct {
	pairs, fours loop
}

func newSyncPool() pool {
	p := sync.Pool{New: func() any { return new(object) }}
	return pool{
		func(n int) {
			for range n {
				p.Put(p.Get().(*object))
			}
		},
		func(n int) {
			for range n / 4 {
				var o [4]*object
				for i := range o {
					o[i] = p.Get().(*object)
				}
				for i := range o {
					p.Put(o[i])
				}
			}
		},
	}
}

func newKernelPool() pool {
	p := percpu.NewPool(func() *object { return new(object) })
	return pool{
		func(n int) {
			for range n {
				p.Put(p.Get())
			}
		},
		func(n int) {
			for range n / 4 {
				var o [4]*object
				for i := range o {
					o[i] = p.Get()
				}
				for i := range o {
					p.Put(o[i])
				}
			}
		},
	}
}

// preempted divides b.N operations among eight sides, on all CPUs.
func preempted(b *testing.B, kernel bool, f loop) {
	const sides = 8
	on := goroutine
	if kernel {
		k := boot(b, gpm.Config{Slice: 50e3})
		on = tasks(b, k, gpm.Attr{})
	}
	var done sync.WaitGroup
	done.Add(sides)
	b.ResetTimer()
	for range sides {
		on(func() {
			f(b.N/sides + 4)
			done.Done()
		})
	}
	done.Wait()
	b.StopTimer()
}
