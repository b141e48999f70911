//go:build linux && amd64 && go1.25 && !go1.28

package gpm_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
)

// actor is a task that does one thing after another, whatever is done to it.
type actor struct {
	r      *rand.Rand
	k      *gpm.Kernel
	task   *gpm.Task
	ask    chan int // an ordinary goroutine answers one more than it is asked
	answer chan int
	mu     *lock.RTMutex // all have one
	holds  *int          // how many are in it
	wrong  *atomic.String
}

func (a *actor) check(ok bool, what string) {
	if !ok {
		a.wrong.Store(what)
	}
}

func (a *actor) exchange() {
	n := a.r.Int()
	a.ask <- n
	a.check(<-a.answer == n+1, "a wrong answer")
}

// acts are what a task may do that leaves its CPU, keeps it, or changes where it
// may run.
var acts = []func(*actor){
	func(*actor) { runtime.Gosched() },
	func(a *actor) { gpm.Sleep(time.Duration(a.r.IntN(200)) * time.Microsecond) },
	func(a *actor) { time.Sleep(time.Duration(a.r.IntN(200)) * time.Microsecond) },
	(*actor).exchange,
	func(a *actor) { gpm.Outside(a.exchange) },
	func(a *actor) { // leaves the kernel with its thread, and comes back
		runtime.LockOSThread()
		a.exchange()
		runtime.UnlockOSThread()
		time.Sleep(time.Microsecond)
	},
	func(a *actor) {
		percpu.MigrateDisable()
		cpu := percpu.RawCPU()
		for range a.r.IntN(5) {
			runtime.Gosched()
			a.exchange()
			a.check(percpu.RawCPU() == cpu, "migrated while that was disabled")
		}
		percpu.MigrateEnable()
	},
	func(a *actor) {
		preempt.Disable()
		a.spin()
		preempt.Enable()
	},
	(*actor).spin,
	func(a *actor) { // lends, and is lent, priorities
		a.mu.Lock()
		*a.holds++
		a.spin()
		runtime.Gosched()
		a.check(*a.holds == 1, "two in a mutex")
		*a.holds--
		a.mu.Unlock()
	},
	func(a *actor) {
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
				runtime.Gosched()
			}
		})
		for i := range 3 {
			n, ok := next()
			a.check(ok && n == i, "a wrong number from a coroutine")
		}
		stop()
	},
	func(a *actor) {
		var ended atomic.Bool
		child, err := a.k.Spawn(gpm.Attr{OnPanic: func(any, []byte) { ended.Store(true) }}, func() {
			runtime.Gosched()
			panic("as it should")
		})
		if err != nil {
			a.check(false, err.Error())
			return
		}
		_ = child.SetAttr(randomAttr(a.r, 3)) // it may have ended
		a.check(child.Wait(context.Background()) == nil && ended.Load(), "a panic went unheard")
	},
	func(a *actor) {
		a.check(a.task.SetAttr(randomAttr(a.r, 3)) == nil, "SetAttr of the caller")
	},
}

func (a *actor) spin() {
	for range a.r.IntN(20_000) {
		preempt.Count()
	}
}

func randomAttr(r *rand.Rand, cpus int) (attr gpm.Attr) {
	if p := gpm.Policy(r.IntN(3)); p != gpm.Normal {
		attr.Policy, attr.Priority = p, 1+r.IntN(99)
	}
	if r.IntN(2) == 0 {
		attr.CPUs = []int{r.IntN(cpus)}
	}
	return attr
}

// Tasks do all that tasks can do while SetAttr moves them about and changes their
// priorities, from tasks and ordinary goroutines at once. Nothing is lost: each
// goes on to the end, and is then where it was last put.
func TestHammerAttr(t *testing.T) {
	const cpus = 3
	r := gpm.HammerRand(t)
	k := kerneltest.Boot(t, gpm.Config{CPUs: cpus, Slice: 100 * time.Microsecond})
	var stop, placed atomic.Bool
	var wrong atomic.String
	var mu lock.RTMutex
	var holds int
	var actors []*actor
	var tasks []*gpm.Task
	var done [12]atomic.Int64
	for i := range done {
		a := &actor{r: rand.New(rand.NewPCG(r.Uint64(), 0)), k: k, ask: make(chan int), answer: make(chan int), mu: &mu, holds: &holds, wrong: &wrong}
		go func() {
			for n := range a.ask {
				a.answer <- n + 1
			}
		}()
		started := make(chan bool)
		a.task = kerneltest.Spawn(t, k, gpm.Attr{}, func() {
			defer close(a.ask)
			<-started
			for !stop.Load() {
				acts[a.r.IntN(len(acts))](a)
				done[i].Inc()
			}
			for !placed.Load() {
				gpm.Sleep(time.Millisecond)
			}
			runtime.Gosched()
			if cpu := a.task.CPU(); cpu != i%cpus {
				a.wrong.Store(fmt.Sprintf("SetAttr was lost: %v is on CPU %d, and has %+v", a.task, cpu, a.task.Attr()))
			}
		})
		close(started)
		actors, tasks = append(actors, a), append(tasks, a.task)
	}
	var meddlers sync.WaitGroup
	meddle := func(r *rand.Rand) {
		for !stop.Load() {
			attr := randomAttr(r, cpus)
			if err := actors[r.IntN(len(actors))].task.SetAttr(attr); err != nil {
				wrong.Store(err.Error())
			}
			gpm.Sleep(time.Duration(r.IntN(100)) * time.Microsecond)
		}
	}
	for range 2 {
		own := rand.New(rand.NewPCG(r.Uint64(), 1))
		meddlers.Go(func() { meddle(own) })
	}
	own := rand.New(rand.NewPCG(r.Uint64(), 2))
	meddlers.Go(func() {
		if err := k.Do(gpm.Attr{Policy: gpm.FIFO, Priority: 99}, func() { meddle(own) }); err != nil {
			wrong.Store(err.Error())
		}
	})
	// Until each has had a turn: on a busy host a short time may not be enough.
	allIn := func() bool {
		for i := range done {
			if done[i].Load() == 0 {
				return false
			}
		}
		return true
	}
	end := time.Now().Add(gpm.HammerTime(0.1))
	for last := end.Add(time.Minute); wrong.Load() == "" && (time.Now().Before(end) || !allIn() && time.Now().Before(last)); {
		time.Sleep(10 * time.Millisecond)
	}
	stop.Store(true)
	meddlers.Wait()
	for i, task := range tasks {
		require.NoError(t, task.SetAttr(gpm.Attr{CPUs: []int{i % cpus}}))
	}
	placed.Store(true)
	kerneltest.Wait(t, tasks...)
	require.Empty(t, wrong.Load())
	total := int64(0)
	for i := range done {
		require.Positive(t, done[i].Load(), "actor %d", i)
		total += done[i].Load()
	}
	t.Logf("%d acts; %+v", total, k.Stats().Total)
}
