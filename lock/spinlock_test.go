package lock_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// asTask runs fn as a task of a kernel of its own.
func asTask(t testing.TB, fn func(k *gpm.Kernel)) {
	t.Helper()
	k := torture.Kernel(t, gpm.Config{CPUs: 2})
	runTask(t, k, gpm.Attr{}, func() { fn(k) })
}

// runTask runs fn as a task of k.
func runTask(t testing.TB, k *gpm.Kernel, attr gpm.Attr, fn func()) {
	t.Helper()
	kerneltest.In(t, k, attr, fn)
}

func waitTask(t testing.TB, task *gpm.Task) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, task.Wait(ctx))
}

// bugsOf runs fn and returns what rules it broke.
func bugsOf(fn func()) (whats []string) {
	old := preempt.SetBugHandler(func(b *preempt.Bug) { whats = append(whats, b.What) })
	defer preempt.SetBugHandler(old)
	fn()
	return whats
}

// spinner is what SpinLock and RawSpinLock can do, and RWLock as a writer.
type spinner interface {
	Lock()
	TryLock() bool
	Unlock()
	LockIRQ()
	TryLockIRQ() bool
	UnlockIRQ()
	LockIRQSave() signals.Flags
	TryLockIRQSave() (signals.Flags, bool)
	UnlockIRQRestore(signals.Flags)
	LockBH()
	TryLockBH() bool
	UnlockBH()
	IsLocked() bool
	AssertHeld()
	AssertNotHeld()
}

// spinners are made anew for each test.
var spinners = map[string]func() spinner{
	"SpinLock":    func() spinner { return new(lock.SpinLock) },
	"RawSpinLock": func() spinner { return new(lock.RawSpinLock) },
	"RWLock":      func() spinner { return new(lock.RWLock) },
	"RWLock read": func() spinner { return readers{new(lock.RWLock)} },
}

// readers is an RWLock, of which readers are what is tested; what must fail while
// it is read-locked is a writer.
type readers struct{ *lock.RWLock }

func (l readers) Lock()                            { l.RLock() }
func (l readers) Unlock()                          { l.RUnlock() }
func (l readers) LockIRQ()                         { l.RLockIRQ() }
func (l readers) UnlockIRQ()                       { l.RUnlockIRQ() }
func (l readers) LockIRQSave() signals.Flags       { return l.RLockIRQSave() }
func (l readers) UnlockIRQRestore(f signals.Flags) { l.RUnlockIRQRestore(f) }
func (l readers) LockBH()                          { l.RLockBH() }
func (l readers) UnlockBH()                        { l.RUnlockBH() }
func (l readers) AssertHeld()                      { l.AssertRHeld() }

// While nobody holds it a try is a reader's, else a writer's.

func (l readers) TryLock() bool {
	if l.IsLocked() {
		return l.RWLock.TryLock()
	}
	return l.TryRLock()
}

func (l readers) TryLockIRQ() bool {
	if l.IsLocked() {
		return l.RWLock.TryLockIRQ()
	}
	return l.TryRLockIRQ()
}

func (l readers) TryLockIRQSave() (signals.Flags, bool) {
	if l.IsLocked() {
		return l.RWLock.TryLockIRQSave()
	}
	return l.TryRLockIRQSave()
}

func (l readers) TryLockBH() bool {
	if l.IsLocked() {
		return l.RWLock.TryLockBH()
	}
	return l.TryRLockBH()
}

// Each way to lock changes the context as it says, and its way to unlock changes it
// back; while it is locked every try fails and leaves the context as it was.
func TestSpinContexts(t *testing.T) {
	const bh = preempt.SoftIRQDisableOffset
	asTask(t, func(*gpm.Kernel) {
		for name, make := range spinners {
			l := make()
			var f signals.Flags
			ok := true
			for _, way := range []struct {
				name         string
				lock, unlock func()
				count        uint32
				masked       bool
			}{
				{"Lock", l.Lock, l.Unlock, 1, false},
				{"TryLock", func() { ok = l.TryLock() }, l.Unlock, 1, false},
				{"LockIRQ", l.LockIRQ, l.UnlockIRQ, 1, true},
				{"TryLockIRQ", func() { ok = l.TryLockIRQ() }, l.UnlockIRQ, 1, true},
				{"LockIRQSave", func() { f = l.LockIRQSave() }, func() { l.UnlockIRQRestore(f) }, 1, true},
				{"TryLockIRQSave", func() { f, ok = l.TryLockIRQSave() }, func() { l.UnlockIRQRestore(f) }, 1, true},
				{"LockBH", l.LockBH, l.UnlockBH, bh + 1, false},
				{"TryLockBH", func() { ok = l.TryLockBH() }, l.UnlockBH, bh + 1, false},
			} {
				at := name + "." + way.name
				inside := func() {
					assert.Equal(t, way.count, preempt.Count(), at)
					assert.Equal(t, way.masked, signals.IRQsDisabled(), at)
					assert.True(t, l.IsLocked(), at)
				}
				way.lock()
				assert.True(t, ok, at)
				inside()
				assert.Empty(t, bugsOf(l.AssertHeld), at)
				assert.False(t, l.TryLock(), at)
				inside()
				assert.False(t, l.TryLockBH(), at)
				inside()
				_, got := l.TryLockIRQSave()
				assert.False(t, got, at)
				inside()
				if way.masked {
					assert.False(t, l.TryLockIRQ(), at)
					signals.IRQDisable() // a failed TryLockIRQ unmasks, as IRQEnable does
				}
				way.unlock()
				assert.Zero(t, preempt.Count(), at)
				assert.False(t, signals.IRQsDisabled(), at)
				assert.False(t, l.IsLocked(), at)
				assert.Len(t, bugsOf(l.AssertHeld), 1, at)
			}
			// A saved mask is put back, not taken off.
			signals.IRQDisable()
			f = l.LockIRQSave()
			l.UnlockIRQRestore(f)
			assert.True(t, signals.IRQsDisabled())
			signals.IRQEnable()
		}
	})
}

// What is wrong is one BUG, and changes nothing.
func TestSpinBugs(t *testing.T) {
	if lockdep.On() { // it disables preemption once more, and reports first
		lockdep.Disable()
		defer lockdep.Enable()
	}
	for name, make := range spinners {
		l := make()
		for op, fn := range map[string]func(){
			"Lock": l.Lock, "TryLock": func() { assert.False(t, l.TryLock()) },
			"LockIRQ": l.LockIRQ, "LockIRQSave": func() { l.LockIRQSave() }, "LockBH": l.LockBH,
			"TryLockIRQ":     func() { assert.False(t, l.TryLockIRQ()) },
			"TryLockIRQSave": func() { _, ok := l.TryLockIRQSave(); assert.False(t, ok) },
			"TryLockBH":      func() { assert.False(t, l.TryLockBH()) },
			"Unlock":         l.Unlock, "UnlockIRQ": l.UnlockIRQ, "UnlockBH": l.UnlockBH,
			"UnlockIRQRestore": func() { l.UnlockIRQRestore(0) },
		} {
			bugs := bugsOf(fn)
			if assert.Len(t, bugs, 1, "%s.%s", name, op) {
				assert.Contains(t, bugs[0], "outside a task", "%s.%s", name, op)
			}
			assert.False(t, l.IsLocked(), "%s.%s", name, op)
			assert.Panics(t, fn, "%s.%s", name, op)
		}
	}
	asTask(t, func(*gpm.Kernel) {
		for name, make := range spinners {
			l := make()
			for op, fn := range map[string]func(){"Unlock": l.Unlock, "UnlockIRQ": l.UnlockIRQ, "UnlockBH": l.UnlockBH} {
				bugs := bugsOf(fn)
				if assert.Len(t, bugs, 1, "%s.%s", name, op) {
					assert.Contains(t, bugs[0], "not held", "%s.%s", name, op)
				}
				assert.Zero(t, preempt.Count(), "%s.%s", name, op)
				assert.False(t, signals.IRQsDisabled(), "%s.%s", name, op)
			}
			// At the limit of the count Lock says so, as Disable does, and locks.
			for range preempt.PreemptMask - 11 {
				preempt.Disable()
			}
			assert.Len(t, bugsOf(l.Lock), 1, name)
			assert.True(t, l.IsLocked(), name)
			l.Unlock()
			assert.False(t, l.IsLocked(), name)
			for preempt.Count() > 0 {
				preempt.EnableNoResched()
			}
		}
	})
}

// An ordinary goroutine that tries to unlock what a task holds does not.
func TestSpinUnlockByOthers(t *testing.T) {
	// The collector must not stop the one that a section here waits for.
	testgc.Off(t)
	k := torture.Kernel(t, gpm.Config{CPUs: 1})
	for name, make := range spinners {
		l := make()
		held, done := make1(), make1()
		task, err := k.Spawn(gpm.Attr{}, func() {
			l.Lock()
			close(held) // wakes, and does not block
			for !closed(done) {
			}
			assert.True(t, l.IsLocked(), name)
			l.Unlock()
		})
		require.NoError(t, err)
		<-held
		assert.Len(t, bugsOf(l.Unlock), 1, name)
		assert.Len(t, bugsOf(l.AssertHeld), 1, name)
		assert.True(t, l.IsLocked(), name)
		close(done)
		waitTask(t, task)
	}
}

func make1() chan struct{} { return make(chan struct{}) }

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// A preemption that is wanted while a lock is held comes with its unlock, whatever
// the way.
func TestSpinUnlockReschedules(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 1, Slice: time.Second})
	for name, make := range spinners {
		l := make()
		var f signals.Flags
		for op, way := range map[string][2]func(){
			"Lock":        {l.Lock, l.Unlock},
			"LockIRQ":     {l.LockIRQ, l.UnlockIRQ},
			"LockIRQSave": {func() { f = l.LockIRQSave() }, func() { l.UnlockIRQRestore(f) }},
			"LockBH":      {l.LockBH, l.UnlockBH},
		} {
			runTask(t, k, gpm.Attr{}, func() {
				ran := false
				way[0]()
				high, err := k.Spawn(gpm.Attr{Policy: gpm.FIFO, Priority: 1}, func() { ran = true })
				assert.NoError(t, err)
				assert.Equal(t, gpm.Runnable, high.State(), "%s.%s", name, op)
				way[1]()
				assert.Equal(t, gpm.Dead, high.State(), "%s.%s", name, op)
				assert.NoError(t, high.Wait(context.Background()))
				assert.True(t, ran)
			})
		}
	}
}
