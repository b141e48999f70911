package lockdep_test

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/lockdep"
)

// What the validator does in a lock's path allocates nothing, also when all of it
// is new: the sequence, the classes, the stack, and the problem that is found.
func TestAllocatesNothing(t *testing.T) {
	kernel(t, gpm.Config{CPUs: 1}) // elsewhere a goroutine is known by its stack's text
	r := fresh(t)
	lockdep.SetHandler(func(*lockdep.Report) {})
	const n = 60
	locks := make([]fake, 3*n+6)
	i := 0
	assert.Zero(t, testing.AllocsPerRun(n-1, func() {
		l := locks[i : i+3]
		i += 3
		l[0].lock()
		l[1].lock()
		l[1].unlock()
		l[2].lock()
		l[2].unlock()
		l[0].unlock()
	}))
	a, b := named("A", lockdep.Sleep), named("B", lockdep.Sleep)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		a.lock()
		b.lock()
		b.unlock()
		a.unlock()
	}))
	var once sync.Once
	assert.Zero(t, testing.AllocsPerRun(1, func() {
		b.lock()
		a.lock()
		a.unlock()
		b.unlock()
		once.Do(func() {})
	}))
	assert.EqualValues(t, 1, lockdep.ReadStats().Reports)
	r.none(t)
}

// More than there is room for is not watched, and nothing worse.
func TestLimits(t *testing.T) {
	r := fresh(t)
	locks := make([]fake, 9000)
	for i := range locks {
		locks[i].lock()
		locks[i].unlock()
	}
	s := lockdep.ReadStats()
	assert.Equal(t, 8191, s.Classes)
	locks[8999].lock()
	locks[0].lock()
	assert.True(t, locks[8999].dep.Held())
	locks[0].unlock()
	locks[8999].unlock()
	r.none(t)

	r = fresh(t)
	for i := range 60 {
		locks[i].lock()
	}
	assert.EqualValues(t, 12, lockdep.ReadStats().Blind)
	for i := 59; i >= 0; i-- {
		locks[i].unlock()
	}
	r.none(t)

	r = fresh(t)
	for i := range 270 { // 36315 dependencies
		for j := range i {
			locks[j].take(lockdep.SharedRecurse, false, 0)
			locks[i].take(lockdep.SharedRecurse, false, 0)
			locks[i].unlock()
			locks[j].unlock()
		}
	}
	assert.Equal(t, 32767, lockdep.ReadStats().Edges)
	r.none(t)
	fresh(t)
	assert.Zero(t, lockdep.ReadStats().Edges)
}

// Locks that are held when the validator is turned on or off are no problem.
func TestSwitching(t *testing.T) {
	r := fresh(t)
	defer lockdep.Enable()
	a, b := named("A", lockdep.Sleep), named("B", lockdep.Sleep)
	lockdep.Disable()
	require.False(t, lockdep.On())
	a.dep = lockdep.Map{}
	lockdep.Enable()
	require.True(t, lockdep.On())
	a.unlock() // it was taken before
	r.none(t)
	a.lock()
	b.lock()
	lockdep.Disable()
	lockdep.Enable()
	assert.False(t, a.dep.Held())
	a.unlock()
	b.lock()
	r.none(t)
	b.unlock()
	b.unlock()
	r.one(t, lockdep.ErrDoubleUnlock)
}

// Tasks and goroutines that take locks in many sequences, all in one order, while
// the collector runs and the validator is reset and read.
func TestHammer(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 2, Slice: 100 * time.Microsecond})
	r := fresh(t)
	rnd := random(t)
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	var stop atomic.Bool
	var wg sync.WaitGroup
	body := func(seed uint64) func() {
		locks := make([]*fake, 12) // its own, for they do not exclude others
		for i := range locks {
			kind := lockdep.Sleep
			if i >= 6 {
				kind = lockdep.Spin
			}
			locks[i] = named(fmt.Sprintf("H%d", i), kind)
		}
		return func() {
			x := seed
			var keep [][]byte
			for !stop.Load() {
				x = x*6364136223846793005 + 1442695040888963407
				var held []*fake
				for i, l := range locks {
					if x>>(20+i)&3 == 0 {
						l.take(lockdep.Mode(x>>(40+i)%3), x>>(8+i)&7 == 0, 0)
						held = append(held, l)
					}
				}
				keep = append(keep, make([]byte, 100))
				if len(keep) > 100 {
					keep = nil
				}
				for i := len(held) - 1; i >= 0; i-- {
					held[i].unlock()
				}
			}
			runtime.KeepAlive(keep)
		}
	}
	var tasks []*gpm.Task
	for range 6 {
		task, err := k.Spawn(gpm.Attr{}, body(rnd.Uint64()))
		require.NoError(t, err)
		tasks = append(tasks, task)
		wg.Add(1)
		own := body(rnd.Uint64())
		go func() { defer wg.Done(); own() }()
	}
	d := 3 * time.Second
	if testing.Short() {
		d = 500 * time.Millisecond
	}
	for end := time.Now().Add(d); time.Now().Before(end); {
		switch rnd.IntN(4) {
		case 0:
			lockdep.Reset()
		case 1:
			require.NoError(t, lockdep.WriteDOT(new(syncBuffer)))
		case 2:
			require.NoError(t, lockdep.WriteWaitGraph(new(syncBuffer)))
		default:
			runtime.GC()
		}
		time.Sleep(time.Millisecond)
	}
	stop.Store(true)
	wg.Wait()
	for _, task := range tasks {
		require.NoError(t, task.Wait(context.Background()))
	}
	r.none(t)
	require.Positive(t, lockdep.ReadStats().Edges)
	require.Zero(t, lockdep.ReadStats().Holders)
	require.Zero(t, k.Stats().Total.AtomicParks)
}
