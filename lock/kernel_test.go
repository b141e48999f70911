package lock

import (
	"context"
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/internal/seed"
	"github.com/gokern/gokern/preempt"
)

var (
	sleepHammerFor  = flag.Duration("sleephammer", 0, "how long each hammer test of the sleeping locks runs (default 2s, 150ms with -short)")
	sleepHammerSeed = flag.Uint64("sleepseed", 0, "seed of those tests, as a failed one printed it (default: a new one)")
)

func TestMain(m *testing.M) {
	flag.Parse()
	validate()
	leak.Main(m)
}

// hammerTime returns how long a hammer test runs.
func hammerTime() time.Duration {
	switch {
	case *sleepHammerFor != 0:
		return *sleepHammerFor
	case testing.Short():
		return 150 * time.Millisecond
	}
	return 2 * time.Second
}

// seeded returns a maker of random numbers, one for each goroutine, and logs how
// to get the same ones again.
func seeded(t *testing.T) func() *rand.Rand {
	r := seed.Rand(t, "sleepseed", *sleepHammerSeed)
	return func() *rand.Rand { return rand.New(rand.NewPCG(r.Uint64(), 1)) }
}

var kernel = kerneltest.Boot

// start runs f at once beside the caller.
type start func(f func())

// group is tasks or goroutines that end.
type group struct {
	sync.WaitGroup
	start start
}

func (g *group) Go(f func()) {
	g.Add(1)
	g.start(func() { defer g.Done(); f() })
}

// asTasks returns a start that makes tasks.
func asTasks(t testing.TB, k *gpm.Kernel, attr gpm.Attr) start {
	return func(f func()) {
		_, err := k.Spawn(attr, f)
		require.NoError(t, err)
	}
}

// everywhere runs body with ordinary goroutines and no kernel, with tasks, with
// both, and with more CPUs than the machine has.
func everywhere(t *testing.T, body func(t *testing.T, s start)) {
	plain := func(f func()) { go f() }
	t.Run("goroutines", func(t *testing.T) { body(t, plain) })
	slice := 100 * time.Microsecond
	t.Run("tasks", func(t *testing.T) {
		body(t, asTasks(t, kernel(t, gpm.Config{Slice: slice}), gpm.Attr{}))
	})
	t.Run("one CPU", func(t *testing.T) {
		body(t, asTasks(t, kernel(t, gpm.Config{CPUs: 1, Slice: slice}), gpm.Attr{}))
	})
	t.Run("both, CPUs more than cores", func(t *testing.T) {
		tasks := asTasks(t, kernel(t, gpm.Config{CPUs: 2*runtime.NumCPU() + 1, Slice: slice}), gpm.Attr{})
		n := 0
		body(t, func(f func()) {
			if n++; n%3 == 0 {
				plain(f)
			} else {
				tasks(f)
			}
		})
	})
}

// bugs collects BUGs until the test ends, instead of a panic.
func bugs(t *testing.T) func() []string {
	var mu sync.Mutex
	var got []string
	old := preempt.SetBugHandler(func(b *preempt.Bug) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, b.What)
	})
	t.Cleanup(func() { preempt.SetBugHandler(old) })
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		taken := got
		got = nil
		return taken
	}
}

// soon waits for cond.
func soon(t testing.TB, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			t.Error("waited for too long")
			return
		}
	}
}

// brief returns a context that ends very soon.
func brief(r *rand.Rand) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Duration(r.IntN(200))*time.Microsecond)
}

// work computes for about n steps.
func work(n int) {
	x := 1
	for i := range n {
		x += i * x
	}
	runtime.KeepAlive(x)
}
