package loads

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"
)

// Loads that allocate, and wait for the garbage collector.
var heap = []Load{
	{Name: "heap/allocate", Run: repeat(3, allocate)},
	{Name: "heap/tree", Run: growTree},
	{Name: "heap/shuffle", Run: shuffle},
	{Name: "heap/finalizers", Run: finalizers, Heavy: true},
	{Name: "heap/cleanups", Run: cleanups, Heavy: true},
}

func allocate(r *rand.Rand) error {
	var blocks [][]byte
	for i := range 200 {
		b := make([]byte, 2+r.IntN(8<<(i%8)))
		for j, v := range b {
			if v != 0 {
				return damaged("heap object", "byte %d of a new block of %d is %#x", j, len(b), v)
			}
		}
		b[0], b[len(b)-1] = byte(i), byte(i)
		blocks = append(blocks, b)
	}
	for i, b := range blocks {
		if b[0] != byte(i) || b[len(b)-1] != byte(i) {
			return damaged("heap object", "block %d of %d bytes ends in %#x and %#x", i, len(b), b[0], b[len(b)-1])
		}
	}
	return nil
}

type tree struct {
	left, right *tree
	value       int
}

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{value: 1}
	}
	return &tree{grow(depth - 1), grow(depth - 1), depth}
}

func (t *tree) leaves() int {
	if t.left == nil {
		return t.value
	}
	return t.left.leaves() + t.right.leaves()
}

func growTree(r *rand.Rand) error {
	depth := 8 + r.IntN(4)
	if got, want := grow(depth).leaves(), 1<<depth; got != want {
		return damaged("heap object", "a tree of depth %d has %d leaves, want %d", depth, got, want)
	}
	return nil
}

// shuffle moves the only pointers to objects about, which a collector that
// misses a write barrier would free.
func shuffle(r *rand.Rand) error {
	type object struct {
		self *object
		id   int
		next *[4]int
	}
	const n = 200
	slots := make([]*object, n)
	for i := range slots {
		o := &object{id: i, next: &[4]int{i, i + 1, i + 2, i + 3}}
		o.self = o
		slots[i] = o
	}
	for range 5000 {
		i, j := r.IntN(n), r.IntN(n)
		a, b := slots[i], slots[j]
		slots[i], slots[j] = nil, nil
		slots[i] = b
		slots[j] = a
		a.next = &[4]int{a.id, a.id + 1, a.id + 2, a.id + 3}
	}
	var seen [n]bool
	for _, o := range slots {
		if o.self != o || o.id < 0 || o.id >= n || seen[o.id] || *o.next != [4]int{o.id, o.id + 1, o.id + 2, o.id + 3} {
			return damaged("heap object", "object %d: self %t, %v", o.id, o.self == o, *o.next)
		}
		seen[o.id] = true
	}
	return nil
}

// dying is an object with something to say when it goes. It has a pointer, so
// the allocator does not put it into one block with others.
type dying struct {
	id   uint64
	link *dying
}

// awaitDeaths collects garbage until count is want.
func awaitDeaths(count *atomic.Int64, want int64) error {
	for start := time.Now(); count.Load() != want; {
		if time.Since(start) > patience {
			return damaged("heap", "%d of %d objects have died", count.Load(), want)
		}
		runtime.GC()
		for i := 0; i < 10 && count.Load() != want; i++ {
			time.Sleep(100 * time.Microsecond)
		}
	}
	return nil
}

func finalizers(r *rand.Rand) error {
	const n = 20
	var ran, wrong atomic.Int64
	func() {
		for range n {
			id := r.Uint64()
			runtime.SetFinalizer(&dying{id: id, link: &dying{id: ^id}}, func(d *dying) {
				if d.id != id || d.link.id != ^id {
					wrong.Add(1)
				}
				ran.Add(1)
			})
		}
	}()
	if err := awaitDeaths(&ran, n); err != nil {
		return err
	}
	if wrong.Load() != 0 {
		return damaged("heap object", "%d of %d finalizers saw a wrong one", wrong.Load(), n)
	}
	return nil
}

func cleanups(r *rand.Rand) error {
	const n = 20
	var ran, sum atomic.Int64
	want := int64(0)
	func() {
		for range n {
			id := r.Int64N(1 << 40)
			want += id
			d := &dying{link: new(dying)}
			runtime.AddCleanup(d, func(id int64) { sum.Add(id); ran.Add(1) }, id)
			stopped := runtime.AddCleanup(d, func(int) { ran.Add(n) }, 0)
			stopped.Stop()
			runtime.KeepAlive(d) // else Stop may come too late
		}
	}()
	if err := awaitDeaths(&ran, n); err != nil {
		return err
	}
	if sum.Load() != want {
		return damaged("heap object", "cleanups got %d, want %d", sum.Load(), want)
	}
	return nil
}
