package lock

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/preempt"
)

//lint:file-ignore SA2001 that a lock is got is what many tests want to know

// rtKernel is one CPU, with a log of what happens there. As the order of events is
// what counts, nothing here may have a task wait for an ordinary goroutine, which
// the host may have taken its thread from.
type rtKernel struct {
	*gpm.Kernel

	mu  sync.Mutex // for tasks only: on one CPU they do not meet here
	log []string

	allMu sync.Mutex
	all   []*gpm.Task
}

func oneCPU(t *testing.T) *rtKernel {
	// A task that allocates may have to wait for the collector, and lets a lower
	// one run meanwhile.
	testgc.Off(t)
	return &rtKernel{Kernel: kernel(t, gpm.Config{CPUs: 1})}
}

func (k *rtKernel) note(s string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.log = append(k.log, s)
}

// fifo spawns a FIFO task, or a Normal one of priority 0.
func (k *rtKernel) fifo(priority int, f func()) *gpm.Task {
	attr := gpm.Attr{Policy: gpm.FIFO, Priority: priority}
	if priority == 0 {
		attr.Policy = gpm.Normal
	}
	task, err := k.Spawn(attr, f)
	if err != nil {
		panic(err) // not t's lock, which the tasks' assertions take, too
	}
	k.allMu.Lock()
	defer k.allMu.Unlock()
	k.all = append(k.all, task)
	return task
}

// run runs f as a task above all others, and waits for all.
func (k *rtKernel) run(f func()) []string {
	k.wait(k.fifo(99, f))
	k.allMu.Lock()
	all := k.all
	k.allMu.Unlock()
	k.wait(all...)
	return k.log
}

func (k *rtKernel) wait(tasks ...*gpm.Task) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, task := range tasks {
		if err := task.Wait(ctx); err != nil {
			panic(err)
		}
	}
}

// blocked lets lower priorities run until task waits for a lock or a completion, or
// has ended. (Blocked is also a task that the garbage collector has stopped.)
func blocked(task *gpm.Task) {
	for task.State() != gpm.Dead && !(task.State() == gpm.Blocked && waits(task.Goroutine())) {
		time.Sleep(100 * time.Microsecond)
	}
}

// waits reports whether a dump of all goroutines has one wait for a lock of this
// package, which is a channel, or of package sync.
func waits(goid uint64) bool {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	head := fmt.Sprintf("goroutine %d [", goid)
	_, state, found := strings.Cut(string(buf), head)
	return found && (strings.HasPrefix(state, "chan receive") || strings.HasPrefix(state, "select") || strings.HasPrefix(state, "sync."))
}

// inversion is the classic case: low has the lock that high waits for, and medium,
// which does not want it, keeps the CPU from low.
func inversion(t *testing.T, lock, unlock func()) []string {
	k := oneCPU(t)
	return k.run(func() {
		var has, start, goOn Completion
		low := k.fifo(10, func() {
			lock()
			has.Complete()
			goOn.Wait()
			k.note("low in the section")
			unlock()
			k.note("low after it")
		})
		has.Wait()
		blocked(low)
		high := k.fifo(30, func() {
			lock()
			k.note("high has the lock")
			unlock()
		})
		blocked(high)
		medium := k.fifo(20, func() {
			start.Wait()
			work(1_000_000)
			k.note("medium")
		})
		blocked(medium)
		atOnce(&start, &goOn)
	})
}

// atOnce completes two at one moment: nobody runs in between, not even because an
// allocation has to wait for the garbage collector.
func atOnce(a, b *Completion) {
	preempt.Disable()
	a.Complete()
	b.Complete()
	preempt.Enable()
}

func TestPriorityInversion(t *testing.T) {
	t.Run("with Mutex", func(t *testing.T) {
		var m Mutex
		require.Equal(t, []string{"medium", "low in the section", "high has the lock", "low after it"}, inversion(t, m.Lock, m.Unlock))
	})
	t.Run("with sync.Mutex", func(t *testing.T) {
		var m sync.Mutex
		require.Equal(t, []string{"medium", "low in the section", "high has the lock", "low after it"}, inversion(t, m.Lock, m.Unlock))
	})
	t.Run("with RTMutex", func(t *testing.T) {
		var m RTMutex
		require.Equal(t, []string{"low in the section", "high has the lock", "medium", "low after it"}, inversion(t, m.Lock, m.Unlock))
	})
}

// Each of a chain of tasks has a lock that the next one waits for: the first runs
// with the priority of the last, and each has its own again when it is through.
func TestRTMutexChain(t *testing.T) {
	k := oneCPU(t)
	const n = 5
	var m [n]RTMutex
	var tasks [n + 1]*gpm.Task
	var start, goOn Completion
	require.Equal(t, []string{"0", "1", "2", "3", "4", "top", "medium"}, k.run(func() {
		for i := range n {
			var has Completion
			tasks[i] = k.fifo(10+i, func() {
				m[i].Lock()
				has.Complete()
				if i == 0 {
					goOn.Wait()
				} else {
					m[i-1].Lock()
				}
				assert.Equal(t, 60, gpm.Current().Priority())
				k.note(string(rune('0' + i)))
				if i > 0 {
					m[i-1].Unlock()
				}
				m[i].Unlock()
				assert.Equal(t, 10+i, gpm.Current().Priority())
			})
			has.Wait()
			blocked(tasks[i])
		}
		tasks[n] = k.fifo(60, func() {
			m[n-1].Lock()
			k.note("top")
			m[n-1].Unlock()
		})
		blocked(tasks[n])
		for i := range n {
			assert.Equal(t, 60, tasks[i].Priority())
			assert.Equal(t, 10+i, tasks[i].Attr().Priority)
		}
		medium := k.fifo(50, func() {
			start.Wait()
			k.note("medium")
		})
		blocked(medium)
		atOnce(&start, &goOn)
	}))
	chainsAreEmpty(t)
}

// chainsAreEmpty checks that nothing is left of any wait.
func chainsAreEmpty(t *testing.T) {
	t.Helper()
	require.Nil(t, chains.goroutines)
	require.Zero(t, chains.wl.word.Load())
}

// A priority is lent for as long as there is a reason: until the unlock of just
// the lock that it was for, until the waiter gives up, and by its priority of
// the moment.
func TestRTMutexLoanEnds(t *testing.T) {
	k := oneCPU(t)
	k.run(func() {
		var a, b RTMutex
		var step, done Completion
		next := func() { step.Complete(); done.Wait() }
		low := k.fifo(5, func() {
			a.Lock()
			b.Lock()
			for _, f := range []func(){func() {}, b.Unlock, a.Unlock, a.Lock, a.Unlock} {
				step.Wait()
				f()
				done.Complete()
			}
		})
		next()
		wants := func(m *RTMutex, priority int, ctx context.Context) *gpm.Task {
			task := k.fifo(priority, func() {
				if m.LockContext(ctx) == nil {
					m.Unlock()
				}
			})
			blocked(task)
			return task
		}
		bg := context.Background()
		ctx, cancel := context.WithCancel(bg)
		wants(&a, 20, bg)
		assert.Equal(t, 20, low.Priority())
		wants(&b, 40, bg)
		assert.Equal(t, 40, low.Priority())
		impatient := wants(&a, 60, ctx)
		assert.Equal(t, 60, low.Priority())

		assert.NoError(t, low.SetAttr(gpm.Attr{Policy: gpm.FIFO, Priority: 50}))
		assert.Equal(t, 60, low.Priority(), "SetAttr keeps the loan")
		assert.NoError(t, low.SetAttr(gpm.Attr{Policy: gpm.FIFO, Priority: 70}))
		assert.Equal(t, 70, low.Priority(), "its own is higher")
		assert.NoError(t, low.SetAttr(gpm.Attr{}))
		assert.Equal(t, 60, low.Priority())

		assert.NoError(t, impatient.SetAttr(gpm.Attr{Policy: gpm.RR, Priority: 80}))
		assert.Equal(t, 80, low.Priority(), "as the waiter's priority changes, so does the loan")
		assert.NoError(t, impatient.SetAttr(gpm.Attr{Policy: gpm.RR, Priority: 30}))
		assert.Equal(t, 40, low.Priority())
		assert.NoError(t, impatient.SetAttr(gpm.Attr{Policy: gpm.FIFO, Priority: 65}))
		cancel()
		k.wait(impatient)
		assert.Equal(t, 40, low.Priority(), "a waiter has given up")

		late := k.fifo(55, func() { assert.ErrorIs(t, a.LockTimeout(5*time.Millisecond), context.DeadlineExceeded) })
		blocked(late)
		if p := low.Priority(); late.State() == gpm.Blocked { // it has not been too long yet
			assert.Equal(t, 55, p)
		}
		k.wait(late)
		assert.Equal(t, 40, low.Priority(), "a waiter's time is over")

		next() // unlocks b
		assert.Equal(t, 20, low.Priority(), "for a")
		next() // unlocks a
		assert.Equal(t, 0, low.Priority())
		next()
		assert.Equal(t, 0, low.Priority())
		next()
	})
	chainsAreEmpty(t)
}

// Children of a task that is lent a priority do not get it.
func TestRTMutexLoanIsNotInherited(t *testing.T) {
	k := oneCPU(t)
	k.run(func() {
		var m RTMutex
		var has, goOn, child Completion
		low, err := k.Spawn(gpm.Attr{Inherit: true}, func() {
			m.Lock()
			has.Complete()
			goOn.Wait()
			assert.Equal(t, 33, gpm.Current().Priority())
			go func() {
				assert.Equal(t, 0, gpm.Current().Priority())
				child.Complete()
			}()
			m.Unlock()
		})
		assert.NoError(t, err)
		has.Wait()
		blocked(k.fifo(33, func() { m.Lock(); m.Unlock() }))
		assert.Equal(t, 33, low.Priority())
		goOn.Complete()
		child.Wait()
	})
}

// By priority, and first come first served among equals, by the priority of the
// moment.
func TestRTMutexOrder(t *testing.T) {
	k := oneCPU(t)
	require.Equal(t, []string{"e", "c", "a", "d", "b"}, k.run(func() {
		var m RTMutex
		m.Lock()
		var e *gpm.Task
		for _, w := range []struct {
			name     string
			priority int
		}{{"a", 20}, {"b", 10}, {"c", 30}, {"d", 20}, {"e", 1}} {
			e = k.fifo(w.priority, func() {
				m.Lock()
				k.note(w.name)
				m.Unlock()
			})
			blocked(e)
		}
		assert.NoError(t, e.SetAttr(gpm.Attr{Policy: gpm.FIFO, Priority: 50}))
		m.Unlock()
	}))
	chainsAreEmpty(t)
}

func TestRTMutexDeadlock(t *testing.T) {
	everywhere(t, func(t *testing.T, s start) {
		var a, b, c RTMutex
		var hasB, hasC, refused Completion
		g := group{start: s}
		g.Go(func() {
			assert.NoError(t, a.LockContext(context.Background()))
			assert.ErrorIs(t, a.LockContext(context.Background()), ErrDeadlock)
			g.Go(func() {
				b.Lock()
				hasB.Complete()
				hasC.Wait()
				c.Lock()
				c.Unlock()
				b.Unlock()
			})
			g.Go(func() {
				c.Lock()
				hasC.CompleteAll()
				a.Lock()
				a.Unlock()
				c.Unlock()
			})
			hasB.Wait()
			hasC.Wait()
			soon(t, func() bool {
				chains.enter()
				defer chains.leave()
				return a.wait.top != nil && c.wait.top != nil
			})
			assert.ErrorIs(t, b.LockContext(context.Background()), ErrDeadlock)
			refused.Complete()
			a.Unlock() // and so all of them get on
		})
		refused.Wait()
		g.Wait()
		require.False(t, a.IsLocked() || b.IsLocked() || c.IsLocked())
		chainsAreEmpty(t)
	})
}

func TestRTMutexRules(t *testing.T) {
	got := bugs(t)
	var m RTMutex
	m.Unlock()
	require.Len(t, got(), 1)
	m.AssertHeld()
	require.Len(t, got(), 1)
	m.AssertNotHeld()
	require.Empty(t, got())
	m.Lock()
	m.AssertHeld()
	require.Empty(t, got())
	m.AssertNotHeld()
	require.Len(t, got(), 1)
	require.False(t, m.TryLock())
	done := make(chan bool)
	go func() { defer close(done); m.Unlock(); m.AssertHeld() }()
	<-done
	require.Len(t, got(), 2)
	m.Unlock()
	require.True(t, m.TryLock())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, m.LockContext(ctx), context.Canceled)
	m.Unlock()
	require.NoError(t, m.LockContext(ctx), "it is free")
	m.Unlock()
}
