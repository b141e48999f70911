//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// Classes may come and go without end; but a Policy that some task has stays what it is.
func TestClassesComeAndGo(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	first, err := k.Register("kept", &queueClass{t: t}, 0)
	require.NoError(t, err)
	release := make(chan struct{})
	defer func() { closeOnce(release) }()
	keeps := spawn(t, k, Attr{Policy: first}, func() { <-release })
	require.NoError(t, until(func() bool { return keeps.State() == Blocked }))
	require.NoError(t, k.Unregister(first))
	for range 3 * maxClasses {
		policy, err := k.Register("comes and goes", &queueClass{t: t}, 0)
		require.NoError(t, err)
		require.NotEqual(t, first, policy)
		ran := false
		wait(t, spawn(t, k, Attr{Policy: policy}, func() { ran = true }))
		require.True(t, ran)
		require.NoError(t, k.PolicyErr(policy), "it is a new one")
		require.NoError(t, k.Unregister(policy))
	}
	require.ErrorIs(t, k.PolicyErr(first), ErrPolicy)
	closeOnce(release)
	wait(t, keeps)
	var all []Policy
	for range maxClasses {
		require.NoError(t, until(func() bool {
			policy, err := k.Register("stays", &queueClass{t: t}, 0)
			if err == nil {
				all = append(all, policy)
			}
			return err == nil
		}))
	}
	require.Contains(t, all, first)
	_, err = k.Register("one more", &queueClass{t: t}, 0)
	require.ErrorIs(t, err, ErrAttr)
}

// When Unregister has returned no method of the class runs; but one may call it.
func TestUnregisterWaits(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	var inside, ending, over atomic.Bool
	policy, err := k.Register("slow", &queueClass{t: t, pick: func() *Task {
		for inside.Store(true); !ending.Load(); {
			call(1)
		}
		Sleep(20 * time.Millisecond)
		over.Store(true)
		return nil
	}}, 0)
	require.NoError(t, err)
	task := spawn(t, k, Attr{Policy: policy}, func() {})
	require.NoError(t, until(inside.Load))
	ending.Store(true)
	require.NoError(t, k.Unregister(policy))
	assert.True(t, over.Load())
	wait(t, task)

	itself := &queueClass{t: t}
	var own atomic.Uint32 // the race detector does not see that a task's start comes before
	itself.pick = func() *Task {
		assert.NoError(t, k.Unregister(Policy(own.Load())))
		return nil
	}
	policy, err = k.Register("itself", itself, 0)
	require.NoError(t, err)
	own.Store(uint32(policy))
	wait(t, spawn(t, k, Attr{Policy: policy}, func() {}))
	require.NoError(t, k.Unregister(policy))
}

// A class whose agent has no CPU, because FIFO tasks compute without end, is not to blame
// for those who wait in it.
func TestClassWithoutCPUIsNotBlamed(t *testing.T) {
	k := boot(t, Config{CPUs: 1, Watchdog: 40 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	const timeout = time.Second // longer than the host stands still
	policy, err := k.Register("starves", &queueClass{t: t}, timeout)
	require.NoError(t, err)
	var task *Task
	in(t, k, Attr{Policy: FIFO, Priority: 99}, func() {
		task = spawn(t, k, Attr{Policy: policy}, func() {})
		for start := time.Now(); time.Since(start) < 2*timeout; {
			call(1)
		}
	})
	wait(t, task)
	assert.NoError(t, k.PolicyErr(policy))
}

// firstCPU is a class that picks for CPU 0 only.
type firstCPU struct {
	queueClass
	ticked [2]atomic.Int64
}

func (c *firstCPU) Pick(cpu int) *Task {
	if cpu != 0 {
		return nil
	}
	return c.queueClass.Pick(cpu)
}

func (c *firstCPU) Tick(cpu int, t *Task) bool {
	c.ticked[cpu].Inc()
	return c.queueClass.Tick(cpu, t)
}

// Tasks run where they may run, whatever CPU the class picks them for, and their turns
// end there.
func TestClassRespectsCPUs(t *testing.T) {
	k := boot(t, Config{CPUs: 2, Slice: 200 * time.Microsecond})
	c := &firstCPU{queueClass: queueClass{t: t, rotate: true}}
	policy, err := k.Register("first", c, 0)
	require.NoError(t, err)
	var turns [3]atomic.Int64
	var stop atomic.Bool
	defer stop.Store(true)
	var tasks []*Task
	for i := range turns {
		tasks = append(tasks, spawn(t, k, Attr{Policy: policy, CPUs: []int{1}}, func() {
			for me := Current(); !stop.Load(); {
				if cpu := me.CPU(); cpu != 1 {
					assert.Equal(t, 1, cpu)
					return
				}
				turns[i].Store(me.switches)
				call(1) // a prologue: signals may be off
			}
		}))
	}
	require.NoError(t, until(func() bool { return min(turns[0].Load(), turns[1].Load(), turns[2].Load()) > 20 }))
	stop.Store(true)
	wait(t, tasks...)
	assert.NotZero(t, c.ticked[0].Load())
	assert.Zero(t, c.ticked[1].Load())
	assert.NoError(t, k.PolicyErr(policy))
}
