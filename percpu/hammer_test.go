package percpu_test

import (
	"flag"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/seed"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/signals"
)

var hammerSeed = flag.Uint64("hammerseed", 0, "seed of the hammer tests, as a failed one printed it (default: a new one)")

// hammerRand returns the test's random numbers and logs how to get them again.
func hammerRand(t *testing.T) *rand.Rand { return seed.Rand(t, "hammerseed", *hammerSeed) }

// updates is how many updates of each kind are made in all.
func updates() int64 {
	switch {
	case raceBuild:
		return 200_000
	case testing.Short():
		return 1_000_000
	}
	return 100_000_000
}

// storm runs update, n times in all, by tasks that are preempted and moved from
// CPU to CPU all the time, on more CPUs than there are; update is told how often
// to do it. It stops early if enough says so.
func storm(t *testing.T, n int64, update func(times int64), enough func() bool) (done int64, stats gpm.CPUStats) {
	const sides = 8
	r := hammerRand(t)
	cpus := runtime.NumCPU() + 2
	k := kernel(t, gpm.Config{CPUs: cpus, Slice: 50 * time.Microsecond})
	var left, made atomic.Int64
	left.Store(n)
	var tasks []*gpm.Task
	for range sides {
		tasks = append(tasks, spawn(t, k, gpm.Attr{}, func() {
			const times = 1000
			for left.Sub(times) >= 0 {
				update(times)
				made.Add(times)
			}
		}))
	}
	for running := true; running; {
		time.Sleep(200 * time.Microsecond)
		move(t, tasks[r.IntN(sides)], r.IntN(cpus))
		running = false
		for _, task := range tasks {
			running = running || task.State() != gpm.Dead
		}
		if enough() {
			left.Store(0)
		}
	}
	wait(t, tasks...)
	return made.Load(), k.Stats().Total
}

// Each CPU's number is read, changed and written back: with nothing to protect
// it, a task that is preempted or moved in between undoes what others did.
func TestHammerUnprotected(t *testing.T) {
	v := percpu.NewVar[atomic.Int64]() // atomic for the race detector's sake only
	var made atomic.Int64
	sum := func() (n int64) {
		for _, p := range v.Each() {
			n += p.Load()
		}
		return n
	}
	lost := false
	done, stats := storm(t, 100*updates(), func(times int64) {
		for range times {
			p := v.RawThis()
			p.Store(p.Load() + 1)
		}
		made.Add(times)
	}, func() bool {
		m := made.Load() // what is made after this only adds to the sum
		lost = lost || sum() < m
		return lost
	})
	t.Logf("%d of %d lost; %d switches, %d migrations", done-sum(), done, stats.Switches, stats.Migrations)
	assert.True(t, lost, "none lost in %d: this test proves nothing about the others", done)
}

func never() bool { return false }

// Nothing is lost of what is one instruction, or protected.
func TestHammerProtected(t *testing.T) {
	word, narrow, cas := percpu.NewWord[int64](), percpu.NewWord[uint32](), percpu.NewWord[int64]()
	v, masked, hard := percpu.NewVar[int64](), percpu.NewVar[int64](), percpu.NewVar[int64]()
	hits := make([]int64, runtime.NumCPU()+2)
	pointer := percpu.NewPointer[int64]()
	for _, kind := range []struct {
		name   string
		part   int64 // one in so many updates
		update func()
		sum    func() int64
	}{
		{"Word", 1, word.Inc, word.Sum},
		{"narrow Word", 1, func() { narrow.Add(1) }, func() int64 { return int64(narrow.Sum()) }},
		{"CmpXchg", 10, func() {
			for old := cas.Read(); !cas.CmpXchg(old, old+1); old = cas.Read() {
			}
		}, cas.Sum},
		{"GetPtr", 1, func() { *v.GetPtr()++; v.PutPtr() }, func() (n int64) {
			for _, p := range v.Each() {
				n += *p
			}
			return n
		}},
		{"GetCPU", 1, func() { hits[percpu.GetCPU()]++; percpu.PutCPU() }, func() (n int64) {
			for _, h := range hits {
				n += h
			}
			return n
		}},
		{"interrupts off", 10, func() {
			f := signals.IRQSave()
			*masked.This()++
			signals.IRQRestore(f)
		}, func() (n int64) {
			for _, p := range masked.Each() {
				n += *p
			}
			return n
		}},
		{"hard interrupts off", 100, func() {
			signals.HardIRQDisable()
			*hard.This()++
			signals.HardIRQEnable()
		}, func() (n int64) {
			for _, p := range hard.Each() {
				n += *p
			}
			return n
		}},
		{"Pointer", 100, func() {
			for {
				old := pointer.Read()
				next := new(int64)
				if old != nil {
					*next = *old
				}
				*next++
				if pointer.CmpXchg(old, next) {
					return
				}
			}
		}, func() (n int64) {
			for i := range percpu.Possible() {
				if p := pointer.Of(i); p != nil {
					n += *p
				}
			}
			return n
		}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			done, stats := storm(t, updates()/kind.part, func(times int64) {
				for range times {
					kind.update()
				}
			}, never)
			t.Logf("%d updates; %d switches, %d migrations", done, stats.Switches, stats.Migrations)
			require.Equal(t, updates()/kind.part, done)
			require.Equal(t, done, kind.sum())
		})
	}
}
