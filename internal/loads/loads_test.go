package loads

import (
	"flag"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gokern/gokern/internal/leak"
)

var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "for the loads' inputs")

func TestMain(m *testing.M) { leak.Main(m) }

// source returns a generator for the i-th user of l.
func source(l Load, i uint64) *rand.Rand {
	h := fnv.New64()
	_, _ = h.Write([]byte(l.Name))
	return rand.New(rand.NewPCG(*seed, h.Sum64()+i))
}

func TestAll(t *testing.T) {
	defer Close()
	seen := make(map[string]bool)
	for _, l := range All() {
		if l.Name == "" || l.Run == nil || seen[l.Name] {
			t.Errorf("%q has no name, does nothing or is there twice", l.Name)
		}
		seen[l.Name] = true
	}
	if len(seen) < 60 {
		t.Errorf("%d loads, want at least 60", len(seen))
	}
}

func TestSequential(t *testing.T) {
	t.Logf("seed %d", *seed)
	n, each := 20, true
	if testing.Short() {
		n, each = 4, false // to look for what is left behind takes as long as the rest
	}
	all := leak.Take()
	check := func(t *testing.T, before leak.Snapshot) {
		for _, found := range before.Diff() {
			t.Errorf("left behind: %s", found)
		}
	}
	for _, l := range All() {
		t.Run(l.Name, func(t *testing.T) {
			if each {
				defer check(t, leak.Take())
			}
			r := source(l, 0)
			start := time.Now()
			for range n {
				if err := l.Run(r); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("%v a run", time.Since(start)/time.Duration(n))
		})
	}
	Close()
	check(t, all)
}

// hammer runs loads, chosen by pick, from workers goroutines for d, and returns
// how many runs there were. It stops with the first error.
func hammer(t *testing.T, workers int, d time.Duration, pick func(worker int, r *rand.Rand) Load) int64 {
	t.Helper()
	var runs atomic.Int64
	var failed atomic.Bool
	var all sync.WaitGroup
	end := time.Now().Add(d)
	for w := range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			r := rand.New(rand.NewPCG(*seed, uint64(w)))
			for more := true; more && !failed.Load(); more = time.Now().Before(end) {
				l := pick(w, r)
				if err := l.Run(r); err != nil {
					t.Errorf("%s: %v", l.Name, err)
					failed.Store(true)
				}
				runs.Add(1)
			}
		}()
	}
	all.Wait()
	return runs.Load()
}

func TestConcurrent(t *testing.T) {
	t.Logf("seed %d", *seed)
	defer Close()
	d := 50 * time.Millisecond
	if testing.Short() {
		d /= 2
	}
	for _, l := range All() {
		t.Run(l.Name, func(t *testing.T) {
			n := hammer(t, 16, d, func(int, *rand.Rand) Load { return l })
			t.Logf("%d runs", n)
		})
	}
}

// TestMixed runs all loads at once. Some workers keep to the heavy ones.
func TestMixed(t *testing.T) {
	t.Logf("seed %d", *seed)
	defer Close()
	var light, heavy []Load
	for _, l := range All() {
		if l.Heavy {
			heavy = append(heavy, l)
		} else {
			light = append(light, l)
		}
	}
	n := hammer(t, 32, time.Second, func(w int, r *rand.Rand) Load {
		if w < 2 {
			return heavy[r.IntN(len(heavy))]
		}
		return light[r.IntN(len(light))]
	})
	t.Logf("%d runs", n)
}
