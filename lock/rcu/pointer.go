package rcu

import (
	"go.uber.org/atomic"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// Pointer is a pointer that updaters change while readers follow it. The zero
// Pointer is nil. What it leads to is not changed once it has been assigned;
// an updater replaces it by a changed copy. Updaters need a lock of their own
// against each other.
type Pointer[T any] struct{ p atomic.Pointer[T] }

// Dereference returns the pointer, for the rest of the read-side section. With
// the validator on it is a BUG outside of one (ReadLock, preemption disabled, or
// interrupts masked). Context: a read-side section. Linux: rcu_dereference().
func (p *Pointer[T]) Dereference() *T {
	if lockdep.On() {
		checkReader(false)
	}
	return p.p.Load()
}

// DereferenceCheck is Dereference for code that runs in a read-side section or
// under the updaters' lock, which held says. Linux: rcu_dereference_check().
func (p *Pointer[T]) DereferenceCheck(held bool) *T {
	if lockdep.On() {
		checkReader(held)
	}
	return p.p.Load()
}

// DereferenceSRCU is Dereference in a section of s. Linux: srcu_dereference().
func (p *Pointer[T]) DereferenceSRCU(s *SRCU) *T {
	if lockdep.On() {
		checkReader(s.dep.Held())
	}
	return p.p.Load()
}

// DereferenceProtected returns the pointer to an updater, who holds the lock
// that excludes the others: held says so, and with the validator on it is a BUG if
// it is false. Linux: rcu_dereference_protected().
func (p *Pointer[T]) DereferenceProtected(held bool) *T {
	if lockdep.On() && !held {
		preempt.Raise("DereferenceProtected without the updaters' lock")
	}
	return p.p.Load()
}

// Access returns the pointer's value, to be compared and not followed. Context:
// any. Linux: rcu_access_pointer().
func (p *Pointer[T]) Access() *T { return p.p.Load() }

// Assign makes v what readers get from now on; who gets it sees all that was
// done to it before. Context: any; updaters exclude each other. Linux:
// rcu_assign_pointer().
func (p *Pointer[T]) Assign(v *T) { p.p.Store(v) }

// Replace is Assign and returns what was there, which readers may have until a
// grace period has passed. Linux: rcu_replace_pointer().
func (p *Pointer[T]) Replace(v *T) (old *T) { return p.p.Swap(v) }

func checkReader(held bool) {
	if !held && !ReadLockAnyHeld() {
		preempt.Raise("Dereference outside an RCU read-side section")
	}
}
