package loads

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// Loads of package sync. Those with shared state share it among all that run.
var locks = []Load{
	{Name: "locks/mutex", Run: repeat(15, mutexLoad)},
	{Name: "locks/rwmutex", Run: repeat(20, rwMutexLoad)},
	{Name: "locks/cond", Run: repeat(3, condLoad)},
	{Name: "locks/pool", Run: repeat(8, poolLoad)},
	{Name: "locks/map", Run: repeat(4, syncMapLoad)},
	{Name: "locks/atomic", Run: atomicLoad},
	{Name: "locks/once", Run: repeat(8, onceLoad)},
}

// guarded is what a mutex protects: two plain counters, and an atomic one that
// counts right even if the mutex does not exclude.
var guarded struct {
	sync.Mutex
	a, b  uint64
	truth atomic.Uint64
}

func mutexLoad(*rand.Rand) error {
	for i := range 100 {
		guarded.Lock()
		guarded.truth.Add(1)
		guarded.a++
		if i%32 == 0 {
			runtime.Gosched()
		}
		guarded.b++
		a, b, truth := guarded.a, guarded.b, guarded.truth.Load()
		guarded.Unlock()
		if a != b || a != truth {
			return damaged("counters", "under a mutex they are %d and %d, want %d", a, b, truth)
		}
	}
	return nil
}

var shared struct {
	sync.RWMutex
	words [8]uint64
}

func rwMutexLoad(r *rand.Rand) error {
	for range 50 {
		if r.IntN(8) == 0 {
			v := r.Uint64()
			shared.Lock()
			for i := range shared.words {
				shared.words[i] = v
			}
			shared.Unlock()
			continue
		}
		shared.RLock()
		words := shared.words
		shared.RUnlock()
		for _, w := range words {
			if w != words[0] {
				return damaged("heap object", "a reader saw a writer at work: %x", words)
			}
		}
	}
	return nil
}

// condLoad has two goroutines put numbers into a ring of four and two take them.
func condLoad(*rand.Rand) error {
	const each = 50
	var (
		mu           sync.Mutex
		notFull      = sync.NewCond(&mu)
		notEmpty     = sync.NewCond(&mu)
		ring         []int
		sum, taken   int
		overfull     bool
		all          sync.WaitGroup
		expected     = each * 2
		expectedSum  = each * (each - 1)
		capacityRing = 4
	)
	for range 2 {
		all.Add(2)
		go func() {
			defer all.Done()
			for i := range each {
				mu.Lock()
				for len(ring) == capacityRing {
					notFull.Wait()
				}
				ring = append(ring, i)
				overfull = overfull || len(ring) > capacityRing
				notEmpty.Signal()
				mu.Unlock()
			}
		}()
		go func() {
			defer all.Done()
			for range each {
				mu.Lock()
				for len(ring) == 0 {
					notEmpty.Wait()
				}
				sum += ring[0]
				taken++
				ring = ring[1:]
				notFull.Broadcast()
				mu.Unlock()
			}
		}()
	}
	all.Wait()
	if sum != expectedSum || taken != expected || overfull {
		return damaged("counters", "%d taken with the sum %d, want %d with %d; overfull: %t", taken, sum, expected, expectedSum, overfull)
	}
	return nil
}

var pool = sync.Pool{New: func() any { return new([32]uint64) }}

// poolLoad marks what it gets from a pool: nobody else may have it.
func poolLoad(r *rand.Rand) error {
	for range 50 {
		id := r.Uint64()
		p := pool.Get().(*[32]uint64)
		for i := range p {
			p[i] = id
		}
		runtime.Gosched()
		for i, v := range p {
			if v != id {
				return damaged("heap object", "a pool gave one to two: word %d is %#x, want %#x", i, v, id)
			}
		}
		pool.Put(p)
	}
	return nil
}

var common sync.Map

// syncMapLoad uses keys that nobody else has.
func syncMapLoad(*rand.Rand) error {
	mine := new(int)
	type key struct {
		of *int
		n  int
	}
	const n = 50
	for i := range n {
		if _, loaded := common.LoadOrStore(key{mine, i}, i); loaded {
			return damaged("map", "it had a new key")
		}
	}
	for i := range n {
		if !common.CompareAndSwap(key{mine, i}, i, -i-1) {
			return damaged("map", "key %d does not hold %d", i, i)
		}
		if v, ok := common.Load(key{mine, i}); !ok || v != -i-1 {
			return damaged("map", "key %d is %v, want %d", i, v, -i-1)
		}
		if v, ok := common.LoadAndDelete(key{mine, i}); !ok || v != -i-1 {
			return damaged("map", "deleted key %d was %v, want %d", i, v, -i-1)
		}
	}
	return nil
}

func atomicLoad(r *rand.Rand) error {
	const workers, each = 4, 500
	var added, swapped atomic.Uint64
	var bits atomic.Uint32
	var pointer atomic.Pointer[[2]uint64]
	pointer.Store(new([2]uint64))
	step := r.Uint64()
	var all sync.WaitGroup
	for range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range each {
				added.Add(step)
				for {
					if old := swapped.Load(); swapped.CompareAndSwap(old, old+1) {
						break
					}
				}
				for {
					if old := pointer.Load(); pointer.CompareAndSwap(old, &[2]uint64{old[0] + 1, old[1] - 1}) {
						break
					}
				}
				bits.Or(1 << (i % 32))
			}
		}()
	}
	all.Wait()
	p := pointer.Load()
	if added.Load() != step*workers*each || swapped.Load() != workers*each || bits.Load() != ^uint32(0) || p[0] != workers*each || p[0]+p[1] != 0 {
		return damaged("counters", "atomic ones are %d, %d, %#x and %v, want %d, %d, all bits and %d",
			added.Load(), swapped.Load(), bits.Load(), *p, step*workers*each, workers*each, workers*each)
	}
	return nil
}

func onceLoad(r *rand.Rand) error {
	v := r.Uint64()
	runs := 0
	value := sync.OnceValue(func() uint64 {
		runtime.Gosched()
		runs++
		return v
	})
	got := make(chan uint64)
	for range 8 {
		go func() { got <- value() }()
	}
	var err error
	for range 8 {
		if x := <-got; x != v {
			err = damaged("counters", "a once-function returned %#x, want %#x", x, v)
		}
	}
	if err == nil && runs != 1 {
		err = damaged("counters", "a once-function ran %d times", runs)
	}
	return err
}
