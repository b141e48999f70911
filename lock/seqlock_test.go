package lock_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

func TestSeqCount(t *testing.T) {
	var s lock.SeqCount
	n := s.Begin()
	assert.False(t, s.Retry(n))
	assert.Len(t, bugsOf(s.WriteBegin), 1, "outside a task")
	assert.Len(t, bugsOf(s.WriteEnd), 1, "without WriteBegin")
	assert.False(t, s.Retry(n))
	asTask(t, func(*gpm.Kernel) {
		assert.Len(t, bugsOf(s.WriteBegin), 1, "preemptible")
		preempt.Disable()
		s.WriteBegin()
		assert.True(t, s.Retry(n))
		raw := s.RawBegin()
		assert.True(t, s.Retry(raw), "a writer is at work")
		s.WriteEnd()
		assert.True(t, s.Retry(raw))
		n = s.Begin()
		assert.False(t, s.Retry(n))
		s.Invalidate()
		assert.True(t, s.Retry(n))
		assert.False(t, s.Retry(s.Begin()))
		preempt.Enable()
	})
}

func TestSeqLock(t *testing.T) {
	asTask(t, func(*gpm.Kernel) {
		var l lock.SeqLock
		var f signals.Flags
		const bh = preempt.SoftIRQDisableOffset
		for _, way := range []struct {
			name         string
			lock, unlock func()
			count        uint32
			masked       bool
			writes       bool
		}{
			{"Lock", l.Lock, l.Unlock, 1, false, true},
			{"TryLock", func() { assert.True(t, l.TryLock()) }, l.Unlock, 1, false, true},
			{"LockIRQ", l.LockIRQ, l.UnlockIRQ, 1, true, true},
			{"LockIRQSave", func() { f = l.LockIRQSave() }, func() { l.UnlockIRQRestore(f) }, 1, true, true},
			{"LockBH", l.LockBH, l.UnlockBH, bh + 1, false, true},
			{"ReadLockExcl", l.ReadLockExcl, l.ReadUnlockExcl, 1, false, false},
			{"ReadLockExclIRQ", l.ReadLockExclIRQ, l.ReadUnlockExclIRQ, 1, true, false},
			{"ReadLockExclIRQSave", func() { f = l.ReadLockExclIRQSave() }, func() { l.ReadUnlockExclIRQRestore(f) }, 1, true, false},
			{"ReadLockExclBH", l.ReadLockExclBH, l.ReadUnlockExclBH, bh + 1, false, false},
		} {
			n := l.ReadBegin()
			way.lock()
			assert.Equal(t, way.count, preempt.Count(), way.name)
			assert.Equal(t, way.masked, signals.IRQsDisabled(), way.name)
			assert.Equal(t, way.writes, l.ReadRetry(n), way.name)
			assert.True(t, l.IsLocked(), way.name)
			assert.False(t, l.TryLock(), way.name)
			assert.Empty(t, bugsOf(l.AssertHeld), way.name)
			way.unlock()
			assert.Zero(t, preempt.Count(), way.name)
			assert.False(t, signals.IRQsDisabled(), way.name)
			assert.False(t, l.IsLocked(), way.name)
			assert.Equal(t, way.writes, l.ReadRetry(n), way.name)
			assert.Len(t, bugsOf(l.Unlock), 1, way.name)
		}
		l.ReadLockExcl()
		assert.Len(t, bugsOf(l.Unlock), 1, "an exclusive reader is no writer")
		assert.True(t, l.IsLocked())
		l.ReadUnlockExcl()
	})
	var l lock.SeqLock
	for _, fn := range []func(){l.Lock, func() { l.TryLock() }, l.Unlock, l.LockIRQ, l.ReadLockExcl, l.ReadUnlockExcl} {
		assert.Len(t, bugsOf(fn), 1, "outside a task")
		assert.False(t, l.IsLocked())
	}
}

// Read and the loop with ReadBeginOrLock end though there is a writer after each of
// their tries, and an ordinary goroutine's Read sees consistent data too.
func TestSeqLockReadEnds(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 2, Slice: 100 * time.Microsecond})
	var l lock.SeqLock
	var stop atomic.Bool
	var a, b int // plain: Read is for these
	writer, err := k.Spawn(gpm.Attr{}, func() {
		for !stop.Load() {
			l.Lock()
			a++
			b--
			l.Unlock()
		}
	})
	require.NoError(t, err)
	read := func() {
		for range torture.Scale(20_000) {
			x, y := 0, 0
			l.Read(func() { x, y = a, b })
			if x != -y {
				t.Errorf("read %d and %d", x, y)
				return
			}
		}
	}
	var tasks []*gpm.Task
	for range 2 {
		task, err := k.Spawn(gpm.Attr{}, read)
		require.NoError(t, err)
		tasks = append(tasks, task)
	}
	read()
	// A try that always fails: the next must lock.
	task, err := k.Spawn(gpm.Attr{}, func() {
		n, tries := uint32(0), 0
		for {
			tries++
			l.ReadBeginOrLock(&n)
			if n&1 == 0 {
				for !l.ReadRetry(n) { // until a writer has come
					runtime.Gosched()
				}
			}
			if !l.NeedRetry(n) {
				break
			}
			n = 1
		}
		l.DoneRetry(n)
		assert.Equal(t, 2, tries)
	})
	require.NoError(t, err)
	waitAll(t, append(tasks, task))
	stop.Store(true)
	waitTask(t, writer)
	assert.False(t, l.IsLocked())
}

// seqSubjects are those with readers that only look.
func seqSubjects() []torture.Subject {
	return []torture.Subject{{Name: "SeqLock", Atomic: true, Allocates: true, New: func() []torture.Way {
		var l lock.SeqLock
		restore := func(h *torture.Hold) { l.UnlockIRQRestore(h.Flags) }
		return []torture.Way{
			torture.Exclusive("Lock", l.Lock, l.Unlock),
			torture.Exclusive("LockBH", l.LockBH, l.UnlockBH),
			{Name: "LockIRQSave", Mode: torture.Write, Enter: func(h *torture.Hold) bool { h.Flags = l.LockIRQSave(); return true }, Leave: restore},
			torture.Shared("ReadLockExcl", l.ReadLockExcl, l.ReadUnlockExcl),
			{
				Name: "ReadBegin", Mode: torture.Peek,
				Enter: func(h *torture.Hold) bool { h.Flags = signals.Flags(l.ReadBegin()); return true },
				Retry: func(h *torture.Hold) bool { return l.ReadRetry(uint32(h.Flags)) },
			},
		}
	}}}
}

func TestTortureSeqLock(t *testing.T) { torture.Test(t, 0.1, seqSubjects()...) }

// clock is what a Latch holds in the test: consistent if all parts are equal.
type clock struct {
	n    [9]int
	name *int
}

func (c clock) consistent() bool {
	for _, n := range c.n {
		if n != c.n[0] {
			return false
		}
	}
	return c.name == nil && c.n[0] == 0 || c.name != nil && *c.name == c.n[0]
}

// Readers of a Latch always see one of the values that were stored, and never an
// older one than before; also one that interrupts the writer on its CPU.
func TestLatch(t *testing.T) {
	k := torture.Kernel(t, gpm.Config{CPUs: 3, Slice: 100 * time.Microsecond})
	var l lock.Latch[clock]
	assert.Len(t, bugsOf(func() { l.Store(clock{}) }), 1, "outside a task")
	var stop atomic.Bool
	var stores int
	writer, err := k.Spawn(gpm.Attr{}, func() {
		for i := 1; i == 1 || !stop.Load(); i++ { // once even if the readers were first
			v := clock{name: &i}
			v.name = new(int)
			*v.name = i
			for j := range v.n {
				v.n[j] = i
			}
			preempt.Disable()
			l.Store(v)
			preempt.Enable()
			stores = i
		}
	})
	require.NoError(t, err)
	read := func() {
		last := 0
		for range torture.Scale(50_000) {
			v := l.Load()
			if !v.consistent() || v.n[0] < last {
				t.Errorf("%v after %d", v, last)
				return
			}
			last = v.n[0]
		}
	}
	var tasks []*gpm.Task
	for range 4 {
		task, err := k.Spawn(gpm.Attr{}, read)
		require.NoError(t, err)
		tasks = append(tasks, task)
	}
	read()
	waitAll(t, tasks)
	stop.Store(true)
	waitTask(t, writer)
	require.Positive(t, stores)
	assert.Equal(t, stores, l.Load().n[0])
}

// In the middle of a write there is always a copy to read.
func TestSeqLatchOrder(t *testing.T) {
	var s lock.SeqLatch
	n := s.Begin()
	assert.EqualValues(t, 0, n&1)
	assert.Len(t, bugsOf(s.WriteSwitch), 1)
	assert.False(t, s.Retry(n))
	s.WriteBegin()
	assert.True(t, s.Retry(n))
	n = s.Begin()
	assert.EqualValues(t, 1, n&1, "copy 0 is being written")
	assert.Len(t, bugsOf(s.WriteEnd), 1)
	assert.Len(t, bugsOf(s.WriteBegin), 1)
	assert.False(t, s.Retry(n))
	s.WriteSwitch()
	assert.True(t, s.Retry(n))
	assert.EqualValues(t, 0, s.Begin()&1, "copy 1 is being written")
	s.WriteEnd()
}
