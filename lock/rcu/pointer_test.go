package rcu_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/lock/rcu"
)

func TestPointer(t *testing.T) {
	var p rcu.Pointer[int]
	a, b := new(int), new(int)
	in(t, func() {
		rcu.ReadLock()
		defer rcu.ReadUnlock()
		assert.Nil(t, p.Dereference())
		p.Assign(a)
		assert.Same(t, a, p.Dereference())
		assert.Same(t, a, p.Replace(b))
		assert.Same(t, b, p.Access())
		assert.Same(t, b, p.DereferenceProtected(true))
		assert.Same(t, b, p.DereferenceCheck(false))
	})
}

// validate turns the validator on for the test.
func validate(t *testing.T) {
	lockdep.Reset()
	lockdep.Enable()
	t.Cleanup(lockdep.Disable)
}

func TestDereferenceChecked(t *testing.T) {
	var p rcu.Pointer[int]
	s := rcu.NewSRCU("checked")
	bad := map[string]func(){
		"Dereference outside":             func() { p.Dereference() },
		"Dereference outside an RCU":      func() { p.DereferenceCheck(false) },
		"Dereference outside an RCU read": func() { p.DereferenceSRCU(s) },
		"without the updaters' lock":      func() { p.DereferenceProtected(false) },
	}
	for _, fn := range bad {
		assert.Empty(t, bugs(fn), "the validator is off")
	}
	in(t, func() {
		validate(t)
		for what, fn := range bad {
			wantBug(t, what, func() { fn() })
		}
		for name, sec := range sections {
			sec.enter()
			found := bugs(func() { p.Dereference(); p.DereferenceCheck(false) })
			sec.leave()
			assert.Empty(t, found, name)
		}
		i := s.ReadLock()
		assert.Empty(t, bugs(func() { p.DereferenceSRCU(s) }))
		s.ReadUnlock(i)
		assert.Empty(t, bugs(func() { p.DereferenceProtected(true); p.DereferenceCheck(true) }))
	})
}

// The validator tells about a section in which the task blocks, at its end. It
// says nothing about a section in which the task was preempted.
func TestBlocksInSection(t *testing.T) {
	in(t, func() {
		validate(t)
		rcu.ReadLock()
		time.Sleep(time.Millisecond)
		wantBug(t, "has blocked in the RCU read-side section", func() { rcu.ReadUnlock() })
		rcu.ReadLock()
		runtime.Gosched()
		assert.Empty(t, bugs(func() { rcu.ReadUnlock() }))
		assert.False(t, rcu.ReadLockHeld())
	})
}
