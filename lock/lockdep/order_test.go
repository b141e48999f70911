package lockdep_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

func TestABBA(t *testing.T) {
	r := fresh(t)
	a, b := named("A", lockdep.Sleep), named("B", lockdep.Sleep)
	for range 3 {
		a.lock()
		b.lock()
		b.unlock()
		a.unlock()
	}
	r.none(t)
	for range 3 {
		b.lock()
		a.lock()
		a.unlock()
		b.unlock()
	}
	p := r.one(t, lockdep.ErrCircular)
	assert.ErrorIs(t, p, preempt.ErrBug)
	assert.Equal(t, []string{"B", "A"}, p.Classes())
	text := p.Error()
	assert.Equal(t, 5, strings.Count(text, "lockdep_test.TestABBA\n"), "who found it, and both chains:\n%s", text)
	assert.Contains(t, text, "order_test.go:2")
	assert.Contains(t, text, `
    CPU0      CPU1
    ----      ----
    lock(B)
              lock(A)
    lock(A)
              lock(B)

     *** DEADLOCK ***`)
	id, name := p.Task()
	assert.Zero(t, id, name)
	assert.Equal(t, -1, p.CPU())
	assert.Positive(t, p.Goroutine())
}

func TestPanicByDefault(t *testing.T) {
	fresh(t)
	lockdep.SetHandler(nil)
	a := named("A", lockdep.Sleep)
	a.lock()
	func() {
		defer func() {
			p, ok := recover().(*lockdep.Report)
			require.True(t, ok)
			require.ErrorIs(t, p, lockdep.ErrRecursive)
		}()
		a.lock()
	}()
	assert.True(t, a.dep.Held())
	a.unlock()
	assert.False(t, a.dep.Held(), "the second was not got")
	assert.Panics(t, a.unlock)
}

// Each problem is reported once, another between the same classes again.
func TestOnce(t *testing.T) {
	r := fresh(t)
	for range 10 {
		named("A", lockdep.Sleep).unlock()
	}
	r.one(t, lockdep.ErrDoubleUnlock)
	named("A", lockdep.Sleep).unlock()
	r.one(t, lockdep.ErrDoubleUnlock)
}

func TestSingleLocksHaveOwnClasses(t *testing.T) {
	r := fresh(t)
	var a, b, c fake
	a.lock()
	b.lock()
	c.lock()
	c.unlock()
	b.unlock()
	a.unlock()
	r.none(t)
	c.lock()
	a.lock()
	a.unlock()
	c.unlock()
	p := r.one(t, lockdep.ErrCircular)
	assert.Contains(t, p.Error(), "lock#")
	assert.Contains(t, p.Classes()[0], "fake_test.go:")
}

func newFake() *fake {
	f := &fake{kind: lockdep.Sleep}
	f.dep.Init(lockdep.Sleep, "", 1)
	return f
}

func TestPlacesAreClasses(t *testing.T) {
	r := fresh(t)
	var locks [2]*fake
	for i := range locks {
		locks[i] = newFake()
	}
	other := newFake()
	locks[0].lock()
	other.lock()
	other.unlock()
	locks[0].unlock()
	r.none(t)
	locks[0].lock()
	locks[1].lock()
	locks[1].unlock()
	locks[0].unlock()
	p := r.one(t, lockdep.ErrRecursive)
	assert.Contains(t, p.Classes()[0], "lockdep/order_test.go:")
	other.lock()
	locks[1].lock()
	locks[1].unlock()
	other.unlock()
	r.one(t, lockdep.ErrCircular)
}

func TestSubclasses(t *testing.T) {
	r := fresh(t)
	a, b := named("A", lockdep.Sleep), named("A", lockdep.Sleep)
	a.lock()
	b.take(lockdep.Exclusive, false, 1)
	b.unlock()
	a.unlock()
	r.none(t)
	a.take(lockdep.Exclusive, false, 1)
	b.lock()
	b.unlock()
	a.unlock()
	p := r.one(t, lockdep.ErrCircular)
	assert.Equal(t, []string{"A/1", "A"}, p.Classes())
}

// A lock got by trying waits for nobody, but others wait for it.
func TestTry(t *testing.T) {
	r := fresh(t)
	a, b := named("A", lockdep.Sleep), named("B", lockdep.Sleep)
	a.lock()
	b.lock()
	b.unlock()
	a.unlock()
	b.lock()
	a.take(lockdep.Exclusive, true, 0)
	a.unlock()
	b.unlock()
	r.none(t)
	c := named("C", lockdep.Sleep)
	b.lock()
	a.take(lockdep.Exclusive, true, 0)
	c.lock() // B and A lead to C
	c.unlock()
	a.unlock()
	b.unlock()
	r.none(t)
	c.lock()
	b.lock()
	b.unlock()
	c.unlock()
	r.one(t, lockdep.ErrCircular)
}

func TestReleaseInAnyOrder(t *testing.T) {
	r := fresh(t)
	a, b, c := named("A", lockdep.Sleep), named("B", lockdep.Sleep), named("C", lockdep.Sleep)
	a.lock()
	b.lock()
	a.unlock()
	c.lock()
	b.unlock()
	c.unlock()
	for _, l := range []*fake{a, b, c} {
		assert.False(t, l.dep.Held())
	}
	c.lock()
	b.lock()
	b.unlock()
	c.unlock()
	r.one(t, lockdep.ErrCircular)
	a.lock()
	c.lock()
	c.unlock()
	a.unlock()
	r.none(t)
}

func TestNest(t *testing.T) {
	r := fresh(t)
	m := named("M", lockdep.Sleep)
	var all [100]*fake
	m.lock()
	for i := range all {
		all[i] = named("A", lockdep.Sleep)
		all[i].dep.AcquireNest(lockdep.Sleep, lockdep.Exclusive, false, &m.dep)
		all[i].dep.Acquired()
	}
	for _, l := range all {
		assert.True(t, l.dep.Held())
		l.unlock()
	}
	assert.False(t, all[0].dep.Held())
	m.unlock()
	r.none(t)
	all[0].dep.AcquireNest(lockdep.Sleep, lockdep.Exclusive, false, &m.dep)
	r.one(t, lockdep.ErrNestNotHeld)
	all[0].unlock()
	all[0].lock()
	all[1].lock()
	r.one(t, lockdep.ErrRecursive)
	all[1].unlock()
	all[0].unlock()
}

func TestHeldAs(t *testing.T) {
	r := fresh(t)
	a := named("A", lockdep.Sleep)
	a.lock()
	assert.True(t, a.dep.HeldAs(lockdep.Exclusive))
	assert.False(t, a.dep.HeldAs(lockdep.Shared))
	a.dep.Downgrade()
	assert.True(t, a.dep.HeldAs(lockdep.Shared))
	a.unlock()
	assert.False(t, a.dep.HeldAs(lockdep.Shared))
	r.none(t)
}

// Locks under one protecting lock have no order among them, whatever their classes.
func TestNestOrder(t *testing.T) {
	r := fresh(t)
	m, a, b := named("M", lockdep.Sleep), named("A", lockdep.Sleep), named("B", lockdep.Sleep)
	nested := func(l *fake) {
		l.dep.AcquireNest(lockdep.Sleep, lockdep.Exclusive, false, &m.dep)
		l.dep.Acquired()
	}
	for range 2 {
		m.lock()
		nested(a)
		nested(b)
		a.unlock()
		b.unlock()
		m.unlock()
		a, b = b, a
	}
	r.none(t)
	m.lock()
	a.lock()
	b.lock()
	b.unlock()
	a.unlock()
	b.lock()
	a.lock()
	r.one(t, lockdep.ErrCircular)
	a.unlock()
	b.unlock()
	m.unlock()
}

func TestInitLike(t *testing.T) {
	r := fresh(t)
	var first, second, third fake
	second.dep.InitLike(&first.dep)
	third.dep.InitLike(&first.dep)
	second.lock()
	third.lock()
	r.one(t, lockdep.ErrRecursive)
	third.unlock()
	second.unlock()
	r.none(t)
}
