package lock

import (
	"go.uber.org/atomic"

	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// WWClass is a class of WWMutexes that are taken together, in any order: it says
// what happens when two acquire contexts want each other's. The older context
// always wins; the younger one gets ErrDeadlock, releases all it has, and starts
// again with LockSlow. Linux: struct ww_class.
type WWClass struct {
	// WaitDie: a younger context that meets an older one gives up at once. Else
	// (wound/wait) an older one that meets a younger one wounds it, and the
	// younger one gives up at the next lock that it would have to wait for.
	WaitDie bool

	stamp atomic.Uint64
	dep   lockdep.Map // the class of the contexts, to the validator
	locks lockdep.Map // that of the locks
}

// AcquireCtx is one attempt to take several WWMutexes of a class. It belongs to one
// task or goroutine. Linux: struct ww_acquire_ctx.
type AcquireCtx struct {
	class   *WWClass
	stamp   uint64 // lower is older
	token   chan struct{}
	done    bool     // no more locks will be taken
	ended   bool     // by Fini
	contend *WWMutex // what gave ErrDeadlock, until LockSlow has it

	acquired atomic.Int32  // how many are held; written by the owner only
	wounded  atomic.Uint32 // 1: an older one wants what this has

	dep lockdep.Map // protects its locks from each other, for the validator
}

// Begin starts an attempt, younger than all before it. Context: any. Linux:
// ww_acquire_init().
func (c *WWClass) Begin() *AcquireCtx {
	return &AcquireCtx{class: c, stamp: c.stamp.Inc(), token: make(chan struct{}, 1)}
}

// Done says that all locks have been taken: to take another one is a BUG. It may
// be left out. Context: any. Linux: ww_acquire_done().
func (x *AcquireCtx) Done() {
	if x.done {
		preempt.Raise("lock.AcquireCtx.Done: done twice")
		return
	}
	x.done = true
}

// Fini ends the attempt. That locks are still held is a BUG. Context: any.
// Linux: ww_acquire_fini().
func (x *AcquireCtx) Fini() {
	if n := x.acquired.Load(); n != 0 {
		preempt.Raise("lock.AcquireCtx.Fini: locks are still held")
		return
	}
	if lockdep.On() && x.dep.Held() {
		x.dep.Release()
	}
	x.ended = true
}

// Acquired returns how many locks the attempt holds. Context: its owner.
func (x *AcquireCtx) Acquired() int { return int(x.acquired.Load()) }

// olderThan reports whether x was begun before y.
func (x *AcquireCtx) olderThan(y *AcquireCtx) bool { return x.stamp < y.stamp }

// wound has x, if it holds anything, give up when it has to wait, or now if it
// waits.
func (x *AcquireCtx) wound() {
	if x.acquired.Load() == 0 {
		return
	}
	x.wounded.Store(1)
	select {
	case x.token <- struct{}{}:
	default:
	}
}

// misuse reports what is wrong with taking m in x now, "" if nothing is.
func (x *AcquireCtx) misuse(m *WWMutex, slow bool) string {
	switch {
	case x.class != m.class:
		return "the acquire context is of another class"
	case x.ended:
		return "the acquire context has ended"
	case x.done:
		return "the acquire context is done"
	case slow && x.acquired.Load() != 0:
		return "LockSlow with locks held"
	case slow && x.contend == nil:
		return "LockSlow without ErrDeadlock before"
	case slow && x.contend != m:
		return "LockSlow of another lock than gave ErrDeadlock"
	case !slow && x.contend != nil && x.acquired.Load() != 0:
		return "locks are still held after ErrDeadlock"
	}
	return ""
}
