package lockdep_test

import (
	"flag"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/internal/seed"
	"github.com/gokern/gokern/lock/lockdep"
)

var testSeed = flag.Uint64("seed", 0, "seed of the random tests, as a failed one printed it (default: a new one)")

func TestMain(m *testing.M) {
	flag.Parse()
	lockdep.Enable()
	leak.Main(m)
}

// random returns the test's random numbers and logs how to get them again.
func random(t testing.TB) *rand.Rand { return seed.Rand(t, "seed", *testSeed) }

// fake is a lock that locks nothing: it only tells the validator.
type fake struct {
	kind lockdep.Kind
	dep  lockdep.Map
}

func named(name string, kind lockdep.Kind) *fake {
	f := &fake{kind: kind}
	f.dep.Init(kind, name, 0)
	return f
}

func (f *fake) lock()   { f.take(lockdep.Exclusive, false, 0) }
func (f *fake) rlock()  { f.take(lockdep.Shared, false, 0) }
func (f *fake) rrlock() { f.take(lockdep.SharedRecurse, false, 0) }
func (f *fake) unlock() { f.dep.Release() }

func (f *fake) take(mode lockdep.Mode, try bool, sub int) {
	f.dep.Acquire(f.kind, mode, try, sub)
	if !try {
		f.dep.Acquired()
	}
}

// reports is what a test's handler has been called with.
type reports struct {
	sync.Mutex
	list []*lockdep.Report
}

// fresh forgets what other tests did, and collects what this one causes.
func fresh(t testing.TB) *reports {
	lockdep.Reset()
	r := new(reports)
	old := lockdep.SetHandler(func(p *lockdep.Report) {
		r.Lock()
		defer r.Unlock()
		r.list = append(r.list, p)
	})
	t.Cleanup(func() { lockdep.SetHandler(old) })
	return r
}

// one requires that exactly one problem was found, of that kind, and returns it.
func (r *reports) one(t testing.TB, kind error) *lockdep.Report {
	t.Helper()
	r.Lock()
	defer r.Unlock()
	if len(r.list) != 1 {
		for _, p := range r.list {
			t.Log(p)
		}
	}
	require.Len(t, r.list, 1)
	p := r.list[0]
	require.ErrorIs(t, p, kind, "%v", p)
	r.list = nil
	return p
}

// none requires that nothing was found.
func (r *reports) none(t testing.TB) {
	t.Helper()
	r.Lock()
	defer r.Unlock()
	for _, p := range r.list {
		t.Error(p)
	}
	r.list = nil
}

var kernel = kerneltest.Boot

// in runs fn as a task.
func in(t testing.TB, k *gpm.Kernel, fn func()) {
	t.Helper()
	kerneltest.In(t, k, gpm.Attr{Name: t.Name()}, fn)
}
