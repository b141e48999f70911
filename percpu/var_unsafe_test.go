package percpu_test

import (
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
)

var early = percpu.NewVar[[]string]() // made before any kernel

func TestVar(t *testing.T) {
	for round := 1; round <= 2; round++ {
		// More CPUs than were possible when it was made, and more each time.
		cpus := percpu.Possible() + 2
		k := kernel(t, gpm.Config{CPUs: cpus})
		for n := range cpus {
			in(t, k, gpm.Attr{CPUs: []int{n}}, func() {
				p := early.GetPtr()
				assert.Equal(t, uint32(1), preempt.Count())
				assert.Same(t, early.Of(n), p)
				assert.Same(t, p, early.This())
				assert.Same(t, p, early.RawThis())
				early.PutPtr()
				assert.Zero(t, preempt.Count())
				*p = append(*p, strings.Repeat("x", n+1))
			})
		}
		require.NoError(t, k.Shutdown(t.Context()))
		runtime.GC()
	}
	seen := 0
	for n, p := range early.Each() {
		assert.Equal(t, seen, n)
		seen++
		for _, s := range *p {
			assert.Len(t, s, n+1, "it holds pointers")
		}
		want := 2
		if n >= percpu.Possible()-2 {
			want = 1
		}
		assert.Len(t, *p, want)
		*p = nil
	}
	assert.Equal(t, percpu.Possible(), seen)
	for n := range early.Each() {
		if n == 1 {
			seen = n
			break
		}
	}
	assert.Equal(t, 1, seen)
	assert.Panics(t, func() { early.Of(percpu.Possible()) })
	assert.Panics(t, func() { early.Of(-1) })
}

// No two CPUs' variables are in one pair of cache lines.
func TestVarLines(t *testing.T) {
	apart[bool](t)
	apart[int64](t)
	apart[[40]byte](t)
	apart[[2]*int](t)
	apart[[100]*int](t)
}

func apart[T any](t *testing.T) {
	v := percpu.NewVar[T]()
	var end uintptr
	for n, p := range v.Each() {
		start := uintptr(unsafe.Pointer(p))
		assert.Greater(t, start, end)
		if n > 0 {
			assert.NotEqual(t, start/128, (end-1)/128)
		}
		end = start + unsafe.Sizeof(*p)
	}
}

func TestVarMisuse(t *testing.T) {
	v := percpu.NewVar[int]()
	oneBug(t, "outside a task", func() { assert.Nil(t, v.GetPtr()) })
	oneBug(t, "outside a task", func() { v.PutPtr() })
	oneBug(t, "outside a task", func() { assert.Nil(t, v.This()) })
	assert.Nil(t, v.RawThis())
	assert.Empty(t, caught(func() { v.Of(0) }))
	k := kernel(t, gpm.Config{CPUs: 2})
	in(t, k, gpm.Attr{}, func() {
		oneBug(t, "using This in preemptible code", func() { v.This() })
		percpu.MigrateDisable()
		assert.Empty(t, caught(func() { v.This() }))
		percpu.MigrateEnable()
		oneBug(t, "using CPU in preemptible code", func() { percpu.CPU() })
		oneBug(t, "assuming non migratable", percpu.CantMigrate)
		preempt.SetDebug(false)
		defer preempt.SetDebug(true)
		assert.Empty(t, caught(func() { v.This(); percpu.CPU(); percpu.CantMigrate() }))
		v.Release()
		oneBug(t, "released", func() { v.GetPtr() })
		oneBug(t, "released", func() { v.This() })
		assert.Zero(t, preempt.Count())
	})
}

// A Var that is dropped, and what it points to, is garbage.
func TestVarCollected(t *testing.T) {
	var gone atomic.Int32
	for range 10 {
		v := percpu.NewVar[*[1000]int]()
		*v.Of(0) = new([1000]int)
		runtime.AddCleanup(*v.Of(0), func(int) { gone.Inc() }, 0)
	}
	require.Eventually(t, func() bool { runtime.GC(); return gone.Load() == 10 }, 10*time.Second, time.Millisecond)
}

func TestPointer(t *testing.T) {
	p := percpu.NewPointer[string]()
	a, b := "a", "b"
	k := kernel(t, gpm.Config{CPUs: 2})
	in(t, k, gpm.Attr{CPUs: []int{1}}, func() {
		assert.Nil(t, p.Read())
		p.Write(&a)
		assert.Same(t, &a, p.Read())
		assert.Same(t, &a, p.Xchg(&b))
		assert.False(t, p.CmpXchg(&a, &a))
		assert.True(t, p.CmpXchg(&b, &a))
		assert.Same(t, &a, p.Of(1))
		assert.Nil(t, p.Of(0))
		assert.Zero(t, preempt.Count())
	})
	in(t, k, gpm.Attr{CPUs: []int{0}}, func() { assert.Nil(t, p.Read()) })
	const what = "outside a task"
	oneBug(t, what, func() { assert.Nil(t, p.Read()) })
	oneBug(t, what, func() { p.Write(&b) })
	oneBug(t, what, func() { assert.Nil(t, p.Xchg(&b)) })
	oneBug(t, what, func() { assert.False(t, p.CmpXchg(nil, &b)) })
	assert.Nil(t, p.Of(0))
	assert.Same(t, &a, p.Of(1))
	p.Release()
	in(t, k, gpm.Attr{}, func() { oneBug(t, "released", func() { p.Read() }) })
}
