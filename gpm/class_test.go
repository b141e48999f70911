//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/testgc"
)

// queueClass is a Class that runs its tasks in the order they came, and checks what
// it is told.
type queueClass struct {
	t      *testing.T
	queue  []*Task
	inside atomic.Int32
	ticks  atomic.Int64
	rotate bool                    // Tick ends turns
	above  func(t, cur *Task) bool // Preempts
	pick   func() *Task            // instead of the queue's, if not nil
}

// check fails the test unless ok. It takes no lock otherwise, as the functions of
// assert do: the agent that waited for one would no longer decide.
func (c *queueClass) check(ok bool, why string) bool {
	if !ok {
		assert.Fail(c.t, why)
	}
	return ok
}

func (c *queueClass) enter() func() {
	c.check(c.inside.Inc() == 1, "methods are called one at a time")
	return func() { c.inside.Dec() }
}

func (c *queueClass) index(t *Task) int {
	for i := range c.queue {
		if c.queue[i] == t {
			return i
		}
	}
	return -1
}

func (c *queueClass) Enqueue(t *Task) {
	defer c.enter()()
	c.check(c.index(t) < 0, "it waits already")
	c.queue = append(c.queue, t)
}

func (c *queueClass) Dequeue(t *Task) {
	defer c.enter()()
	i := c.index(t)
	if c.check(i >= 0, "it does not wait") {
		c.queue = append(c.queue[:i], c.queue[i+1:]...)
	}
}

func (c *queueClass) Pick(cpu int) *Task {
	defer c.enter()()
	if c.pick != nil {
		return c.pick()
	}
	if len(c.queue) == 0 {
		return nil
	}
	best := 0
	for i := range c.queue {
		if c.above != nil && c.above(c.queue[i], c.queue[best]) {
			best = i
		}
	}
	t := c.queue[best]
	c.queue = append(c.queue[:best], c.queue[best+1:]...)
	return t
}

func (c *queueClass) Tick(int, *Task) bool {
	defer c.enter()()
	c.ticks.Inc()
	return c.rotate
}

func (c *queueClass) Preempts(t, cur *Task) bool {
	defer c.enter()()
	return c.above != nil && c.above(t, cur)
}

// stopped reports whether the agent of p was off its CPU though it did not sleep: the
// collector looks at its stack now and then. Its tasks may have run as Normal then.
//
//go:norace
func stopped(k *Kernel, p Policy) bool { return k.class(p).stops != 0 }

// A class decides who runs: its tasks run in its order, for as long as it lets
// them, and one that it prefers takes the CPU when it wakes.
func TestClassDecides(t *testing.T) {
	testgc.Off(t) // whom it stops has lost its turn
	k := boot(t, Config{CPUs: 1})
	c := &queueClass{t: t, above: func(a, b *Task) bool { return a.Name() == "urgent" && b.Name() != "urgent" }}
	policy, err := k.Register("queue", c, 0)
	require.NoError(t, err)
	tasks, end := computing(t, k, Attr{Policy: policy, Name: "first"}, Attr{Policy: policy, Name: "second"})
	require.NoError(t, until(func() bool { return c.ticks.Load() > 5 }))
	// It takes the CPU from the first; then it is the second's turn.
	var second int64
	wait(t, spawn(t, k, Attr{Policy: policy, Name: "urgent"}, func() { second = tasks[1].Cycles() }))
	if !stopped(k, policy) {
		require.Zero(t, second, "the class does not let it")
	}
	end()
	require.NoError(t, k.PolicyErr(policy))
	require.NoError(t, k.Unregister(policy))
	require.ErrorIs(t, k.PolicyErr(policy), ErrPolicy)
	wait(t, spawn(t, k, Attr{Policy: policy}, func() {})) // as a Normal one
}

// Tasks of a class sleep, wake, yield, start others, change their policy, are
// lent priorities and end, on several CPUs, with hogs beside them; none is lost.
func TestClassUnderLoad(t *testing.T) {
	k := boot(t, Config{CPUs: 3, Slice: 200 * time.Microsecond})
	r := newRand(t)
	c := &queueClass{t: t, rotate: true, above: func(a, b *Task) bool { return a.ID()%3 == 0 && b.ID()%3 != 0 }}
	policy, err := k.Register("queue", c, 0)
	require.NoError(t, err)
	_, end := computing(t, k, Attr{}, Attr{Policy: policy}, Attr{Policy: policy})
	rounds := 600
	if testing.Short() {
		rounds = 150
	}
	var tasks []*Task
	all := make(chan struct{})
	for range 12 {
		own := rand.New(rand.NewPCG(r.Uint64(), 2))
		tasks = append(tasks, spawn(t, k, Attr{Policy: policy, Inherit: true}, func() {
			<-all
			me := Current()
			for range rounds {
				switch own.IntN(8) {
				case 0:
					Sleep(time.Duration(own.IntN(300)) * time.Microsecond)
				case 1:
					runtime.Gosched()
				case 2:
					done := make(chan struct{})
					go close(done)
					<-done
				case 3:
					other := tasks[own.IntN(len(tasks))]
					attr := Attr{Policy: policy, Inherit: true}
					if own.IntN(2) == 0 {
						attr = Attr{Policy: RR, Priority: 1 + own.IntN(3), Inherit: true, CPUs: []int{own.IntN(3)}}
					}
					_ = other.SetAttr(attr) // it may have ended
				case 4:
					me.Lend(int64(own.IntN(5)))
				default:
					for start := time.Now(); time.Since(start) < time.Duration(own.IntN(300))*time.Microsecond; {
						call(1)
					}
				}
			}
			me.Lend(0)
		}))
	}
	close(all)
	wait(t, tasks...)
	end()
	require.NoError(t, k.PolicyErr(policy))
}

// A class that does wrong is ended, and its tasks are Normal.
func TestClassEnds(t *testing.T) {
	k := boot(t, Config{CPUs: 2, Watchdog: 20 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	var released atomic.Bool
	for name, pick := range map[string]func() *Task{
		"picks nobody":    func() *Task { return nil },
		"picks a foreign": func() *Task { return &Task{} },
		"panics":          func() *Task { panic("policy") },
		"does not return": func() *Task {
			for !released.Load() {
				call(1)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			policy, err := k.Register(name, &queueClass{t: t, pick: pick}, 50*time.Millisecond)
			require.NoError(t, err)
			wait(t, spawn(t, k, Attr{Policy: policy}, func() {}), spawn(t, k, Attr{Policy: policy}, func() {}))
			if !stopped(k, policy) {
				require.ErrorIs(t, k.PolicyErr(policy), ErrPolicy)
			}
			t.Log(k.PolicyErr(policy))
			wait(t, spawn(t, k, Attr{Policy: policy}, func() {}))
		})
	}
	released.Store(true)
	// One that blocks is not at fault, but does not keep its tasks from running.
	unblock := make(chan struct{})
	policy, err := k.Register("blocks", &queueClass{t: t, pick: func() *Task { <-unblock; return nil }}, 0)
	require.NoError(t, err)
	wait(t, spawn(t, k, Attr{Policy: policy}, func() {}), spawn(t, k, Attr{Policy: policy}, func() { runtime.Gosched() }))
	require.NoError(t, k.PolicyErr(policy))
	close(unblock)
	_, err = k.Register("none", nil, 0)
	require.ErrorIs(t, err, ErrAttr)
	_, err = k.Spawn(Attr{Policy: firstClass + 60}, func() {})
	require.ErrorIs(t, err, ErrAttr)
	require.ErrorIs(t, k.Unregister(Normal), ErrAttr)
}

// gateClass is a queueClass whose Pick blocks until the gate is open.
type gateClass struct {
	queueClass
	gate chan struct{}
}

func (c *gateClass) Pick(cpu int) *Task {
	<-c.gate
	return c.queueClass.Pick(cpu)
}

// Tasks of a class that is blocked, which run as Normal ones, go to other policies and
// come back; nobody is told of what it has not, and none is lost.
func TestClassLeftWhileBlocked(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	r := newRand(t)
	one, two := &gateClass{queueClass{t: t}, make(chan struct{})}, &queueClass{t: t}
	first, err := k.Register("one", one, 0)
	require.NoError(t, err)
	second, err := k.Register("two", two, 0)
	require.NoError(t, err)
	var tasks []*Task
	for range 6 {
		own := rand.New(rand.NewPCG(r.Uint64(), 4))
		tasks = append(tasks, spawn(t, k, Attr{Policy: first}, func() {
			for range 200 {
				attr := Attr{Policy: first}
				switch own.IntN(4) {
				case 0:
					attr.Policy = second
				case 1:
					attr = Attr{Policy: RR, Priority: 1}
				case 2:
					attr = Attr{}
				}
				if err := Current().SetAttr(attr); err != nil {
					assert.Fail(t, err.Error())
				}
				Sleep(time.Duration(own.IntN(100)) * time.Microsecond)
			}
		}))
	}
	require.NoError(t, until(func() bool { return tasks[0].Runtime() > 100*time.Microsecond }))
	close(one.gate)
	wait(t, tasks...)
	require.NoError(t, k.PolicyErr(first))
	require.NoError(t, k.PolicyErr(second))
}
