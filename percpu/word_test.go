package percpu_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
)

// Every operation, at the borders of each type, against plain arithmetic. The
// words next to it must not notice.
func words[T percpu.Integer](t *testing.T, values ...T) {
	t.Helper()
	before, w, after := percpu.NewWord[uint64](), percpu.NewWord[T](), percpu.NewWord[uint64]()
	before.Write(^uint64(0))
	after.Write(^uint64(0))
	var model T
	same := func(op string, a T) {
		t.Helper()
		require.Equal(t, model, w.Read(), "%s %v", op, a)
		require.Equal(t, model, w.Of(percpu.CPU()), "%s %v", op, a)
	}
	for _, a := range values {
		for _, b := range values {
			model = a
			w.Write(a)
			same("Write", a)
			model += b
			w.Add(b)
			same("Add", b)
			model -= a
			w.Sub(a)
			same("Sub", a)
			model++
			w.Inc()
			same("Inc", 0)
			model--
			w.Dec()
			same("Dec", 0)
			model += a
			require.Equal(t, model, w.AddReturn(a))
			same("AddReturn", a)
			model &= b
			w.And(b)
			same("And", b)
			model |= a
			w.Or(a)
			same("Or", a)
			require.Equal(t, model, w.Xchg(b))
			model = b
			same("Xchg", b)
			// An overflow must leave nothing behind that a comparison sees.
			w.Add(a)
			w.Sub(a)
			require.True(t, w.CmpXchg(b, a))
			model = a
			same("CmpXchg", a)
			require.False(t, w.CmpXchg(a+1, b))
			same("failed CmpXchg", b)
		}
	}
	require.Equal(t, ^uint64(0), before.Read())
	require.Equal(t, ^uint64(0), after.Read())
	w.Release()
	before.Release()
	after.Release()
}

func TestWord(t *testing.T) {
	k := kernel(t, gpm.Config{})
	in(t, k, gpm.Attr{CPUs: []int{0}}, func() {
		words[int32](t, 0, 1, -1, 1<<31-1, -1<<31, 12345)
		words[int64](t, 0, 1, -1, 1<<63-1, -1<<63, 1<<31-1, 1<<31, -1<<31, 1<<32)
		words[uint32](t, 0, 1, 1<<31-1, 1<<31, 1<<32-1)
		words[uint64](t, 0, 1, 1<<31, 1<<32-1, 1<<32, 1<<63, 1<<64-1)
		words[int](t, 0, 1, -1)
		words[uint](t, 0, 1)
		words[uintptr](t, 0, 1)
		type named int32
		words[named](t, 0, 1, -1, 1<<31-1)
	})
}

// lib/percpu_test.c's cases: the sign of what is added to a wider or narrower
// type, for a negative long and the largest unsigned ones.
func TestWordSigns(t *testing.T) {
	k := kernel(t, gpm.Config{})
	in(t, k, gpm.Attr{CPUs: []int{0}}, func() {
		l, ul, ui := percpu.NewWord[int64](), percpu.NewWord[uint64](), percpu.NewWord[uint32]()
		one := uint32(1)
		l.Add(-1)
		assert.Equal(t, int64(-1), l.Read())
		l.Write(0)
		l.Add(int64(-one))
		assert.Equal(t, int64(1<<32-1), l.Read(), "an unsigned int stays positive")
		l.Write(0)
		l.Sub(int64(one))
		assert.Equal(t, int64(-1), l.Read())
		ul.Sub(1)
		assert.Equal(t, ^uint64(0), ul.Read())
		ul.Write(0)
		ul.Add(uint64(-one))
		assert.Equal(t, uint64(1<<32-1), ul.Read())
		ul.Write(3)
		ul.Sub(uint64(one))
		assert.Equal(t, uint64(2), ul.Read())
		assert.Equal(t, ^uint64(0), ul.AddReturn(^uint64(2)))
		ui.Sub(1)
		assert.Equal(t, ^uint32(0), ui.Read())
		assert.Zero(t, ui.AddReturn(1))
	})
}

// Each CPU has its own value, from anywhere they can all be read, and they
// outlive the kernel.
func TestWordOfEachCPU(t *testing.T) {
	w := percpu.NewWord[int64]()
	defer w.Release()
	for round := int64(1); round <= 2; round++ {
		cpus := 2 + int(round) // more than the machine has, and more each time
		k := kernel(t, gpm.Config{CPUs: cpus})
		require.GreaterOrEqual(t, percpu.Possible(), cpus)
		for n := range cpus {
			in(t, k, gpm.Attr{CPUs: []int{n}}, func() { w.Add(int64(n + 1)) })
		}
		require.NoError(t, k.Shutdown(t.Context()))
		for n := range 3 {
			assert.Equal(t, round*int64(n+1), w.Of(n))
		}
	}
	assert.Equal(t, int64(1+2+3+1+2+3+4), w.Sum())
	assert.Panics(t, func() { w.Of(percpu.Possible()) })
	assert.Panics(t, func() { w.Of(-1) })
}

func TestWordOutsideATask(t *testing.T) {
	w := percpu.NewWord[int32]()
	defer w.Release()
	const what = "outside a task"
	oneBug(t, what, func() { assert.Zero(t, w.Read()) })
	oneBug(t, what, func() { w.Write(7) })
	oneBug(t, what, func() { w.Add(7) })
	oneBug(t, what, func() { w.Sub(7) })
	oneBug(t, what, func() { w.Inc() })
	oneBug(t, what, func() { w.Dec() })
	oneBug(t, what, func() { assert.Zero(t, w.AddReturn(7)) })
	oneBug(t, what, func() { w.And(7) })
	oneBug(t, what, func() { w.Or(7) })
	oneBug(t, what, func() { assert.Zero(t, w.Xchg(7)) })
	oneBug(t, what, func() { assert.False(t, w.CmpXchg(0, 7)) })
	wide := percpu.NewWord[int64]()
	defer wide.Release()
	oneBug(t, what, func() { assert.False(t, wide.CmpXchg(0, 7)) })
	oneBug(t, what, func() { w.Checked() })
	assert.Zero(t, w.Sum(), "nothing has changed")
	defer func() {
		b, ok := recover().(*preempt.Bug)
		if assert.True(t, ok, "by default a BUG is a panic") {
			assert.Contains(t, b.Caller, "TestWordOutsideATask")
		}
	}()
	w.Inc()
}

func TestWordReleased(t *testing.T) {
	const cells = 100
	k := kernel(t, gpm.Config{})
	var first []*percpu.Word[uint64]
	in(t, k, gpm.Attr{}, func() {
		for range cells {
			w := percpu.NewWord[uint64]()
			w.Write(^uint64(0))
			first = append(first, w)
		}
		for _, w := range first {
			w.Release()
		}
		// The next are the same memory, zero again, and no two are one.
		var next []*percpu.Word[uint64]
		for range cells + 50 {
			w := percpu.NewWord[uint64]()
			require.Zero(t, w.Sum())
			next = append(next, w)
		}
		for i, w := range next {
			w.Write(uint64(i))
		}
		for i, w := range next {
			require.Equal(t, uint64(i), w.Sum())
			w.Release()
		}
	})
	in(t, k, gpm.Attr{}, func() {
		const what = "released"
		oneBug(t, what, func() { first[0].Inc() })
		oneBug(t, what, func() { assert.Zero(t, first[0].Read()) })
		oneBug(t, what, func() { first[0].Release() })
		oneBug(t, what, func() { new(percpu.Word[int32]).Inc() })
	})
}

// A Word that is unreachable is given back.
func TestWordCollected(t *testing.T) {
	seen := map[uintptr]bool{}
	for range 1000 {
		seen[percpu.NewWord[int64]().Offset()] = true
	}
	for range 1000 {
		runtime.GC()
		time.Sleep(time.Millisecond) // the clean-up is a goroutine's
		if w := percpu.NewWord[int64](); seen[w.Offset()] {
			return
		}
	}
	t.Error("no word has come back")
}

func TestChecked(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 2})
	w := percpu.NewWord[int64]()
	defer w.Release()
	in(t, k, gpm.Attr{}, func() {
		oneBug(t, "using Checked in preemptible code", func() { w.Checked().Inc() })
		percpu.GetCPU()
		assert.Empty(t, caught(func() { w.Checked().Inc() }))
		percpu.PutCPU()
		percpu.MigrateDisable()
		assert.Empty(t, caught(func() { w.Checked().Inc() }))
		percpu.MigrateEnable()
		preempt.SetDebug(false)
		defer preempt.SetDebug(true)
		assert.Empty(t, caught(func() { w.Checked().Inc() }))
	})
	assert.Equal(t, int64(4), w.Sum())
}
