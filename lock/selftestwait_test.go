package lock_test

import (
	"sync"

	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/lock/rcu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// nestCases: several locks of one class, in subclasses.
func (s *selfTest) nestCases() {
	s.line("nested by subclass")
	s.run("mutex", good, func(*env) {
		a, b := new(lock.Mutex), new(lock.Mutex)
		a.Init("A")
		b.Init("A")
		a.Lock()
		b.LockNested(1)
		b.Unlock()
		a.Unlock()
		b.Lock()
		a.LockNested(1)
		a.Unlock()
		b.Unlock()
	})
	s.run("spin", good, func(*env) {
		a, b := new(lock.SpinLock), new(lock.SpinLock)
		a.Init("A")
		b.Init("A")
		a.Lock()
		b.LockNested(1)
		b.Unlock()
		a.Unlock()
	})
	s.run("inverted", byOrder, func(*env) {
		a, b := new(lock.Mutex), new(lock.Mutex)
		a.Init("A")
		b.Init("A")
		a.Lock()
		b.LockNested(1)
		b.Unlock()
		a.Unlock()
		a.LockNested(1)
		b.Lock()
	})
	s.line("tried")
	s.run("mutex", good, func(*env) {
		a, b := new(lock.Mutex), new(lock.Mutex)
		a.Init("A")
		b.Init("B")
		a.Lock()
		pass(b)
		a.Unlock()
		b.Lock()
		if a.TryLock() {
			a.Unlock()
		}
		b.Unlock()
	})
	s.run("twice", good, func(*env) {
		a := new(lock.Mutex)
		a.Lock()
		if a.TryLock() {
			panic("got it twice")
		}
		a.Unlock()
	})
}

// waitCases: what may be waited for where.
func (s *selfTest) waitCases() {
	type inner struct {
		name  string
		level int // what may contain it: 1 RCU, 2 raw, 3 spin, 4 mutex
		do    func(e *env)
	}
	inners := []inner{
		{"rcu", 1, func(e *env) { e.rcuRead(func() {}) }},
		{"raw", 2, func(*env) { l := new(lock.RawSpinLock); l.Init("inner"); pass(l) }},
		{"spin", 3, func(*env) { l := new(lock.SpinLock); l.Init("inner"); pass(l) }},
		{"local", 3, func(*env) { l := new(lock.LocalLock); l.Init("inner"); pass(l) }},
		{"mutex", 4, func(*env) { l := new(lock.Mutex); l.Init("inner"); pass(l) }},
		{"rtmutex", 4, func(*env) { l := new(lock.RTMutex); l.Init("inner"); pass(l) }},
		{"rwsem.w", 4, func(*env) { l := new(lock.RWSem); l.Init("inner"); pass(l) }},
		{"rwsem.r", 4, func(*env) { l := new(lock.RWSem); l.Init("inner"); l.RLock(); defer l.RUnlock() }},
		{"semaphore", 4, func(*env) { lock.NewSemaphore(1).Down() }},
		{"completion", 4, func(*env) { c := new(lock.Completion); c.Complete(); c.Wait() }},
		{"might_sleep", 4, func(*env) { lock.MightSleep() }},
	}
	for _, outer := range []struct {
		name  string
		level int // the most that may be inside
		in    func(e *env, fn func())
	}{
		{"hardirq", 3, func(_ *env, fn func()) { irqs[0].enter(fn) }},
		{"hardirq, not threaded", 2, func(_ *env, fn func()) {
			lockdep.SetThreadedIRQs(false)
			defer lockdep.SetThreadedIRQs(true)
			irqs[0].enter(fn)
		}},
		{"softirq", 3, func(_ *env, fn func()) { irqs[1].enter(fn) }},
		{"RCU", 3, func(e *env, fn func()) { e.rcuRead(fn) }},
		{"RAW_SPINLOCK", 2, func(_ *env, fn func()) { l := new(lock.RawSpinLock); l.Init("outer"); l.Lock(); fn(); l.Unlock() }},
		{"SPINLOCK", 3, func(_ *env, fn func()) { l := new(lock.SpinLock); l.Init("outer"); l.Lock(); fn(); l.Unlock() }},
		{"MUTEX", 4, func(_ *env, fn func()) { l := new(lock.Mutex); l.Init("outer"); l.Lock(); fn(); l.Unlock() }},
		{"RTMUTEX", 4, func(_ *env, fn func()) { l := new(lock.RTMutex); l.Init("outer"); l.Lock(); fn(); l.Unlock() }},
		{"preemption off", 3, func(_ *env, fn func()) { preempt.Disable(); fn(); preempt.Enable() }},
		{"interrupts off", 3, func(_ *env, fn func()) { signals.IRQDisable(); fn(); signals.IRQEnable() }},
		{"softirqs off", 3, func(_ *env, fn func()) { signals.BHDisable(); fn(); signals.BHEnable() }},
		{"task", 4, func(_ *env, fn func()) { fn() }},
	} {
		s.line("wait context: in " + outer.name)
		for _, in := range inners {
			s.run(in.name, byContext.unless(in.level <= outer.level), func(e *env) { outer.in(e, func() { in.do(e) }) })
		}
	}
}

// pass takes and releases l.
func pass(l sync.Locker) {
	l.Lock()
	defer l.Unlock()
}

// localCases: a LocalLock is held by many at a time, so that no interrupt's lock
// waits for one, whatever it is taken in; what is taken inside of it counts.
func (s *selfTest) localCases() {
	type locks struct {
		local *lock.LocalLock
		a, b  *lock.SpinLock
	}
	hard := irqs[0]
	for _, c := range []struct {
		name string
		want verdict
		do   func(l locks)
	}{
		{"inversion 2", good, func(l locks) {
			pass(l.local)
			hard.enter(func() { pass(l.a) })
			hard.disable()
			l.a.Lock()
			pass(l.local)
			l.a.Unlock()
			hard.enable()
		}},
		{"inversion 3A", good, func(l locks) {
			l.local.Lock()
			pass(l.b)
			l.local.Unlock()
			hard.enter(func() { pass(l.a) })
			hard.disable()
			l.a.Lock()
			pass(l.local)
			l.a.Unlock()
			hard.enable()
		}},
		{"inversion 3B", byUsage, func(l locks) {
			l.local.Lock()
			pass(l.b)
			l.local.Unlock()
			hard.enter(func() { pass(l.a) })
			hard.disable()
			l.a.Lock()
			pass(l.b)
			l.a.Unlock()
			hard.enable()
		}},
	} {
		s.line("local_lock " + c.name)
		s.run("local", c.want, func(*env) {
			l := locks{new(lock.LocalLock), new(lock.SpinLock), new(lock.SpinLock)}
			l.local.Init("local")
			l.a.Init("A")
			l.b.Init("B")
			c.do(l)
		})
	}
}

// rcuCases: sections nest, and end where they began.
func (s *selfTest) rcuCases() {
	s.line("rcu")
	s.run("nested", good, func(e *env) { e.rcuRead(func() { e.rcuRead(func() {}) }) })
	s.run("unlock without lock", verdict{lockdep.ErrDoubleUnlock, errRCUBug}, func(*env) { rcu.ReadUnlock() })
	s.run("synchronize in a reader", byContext, func(e *env) { e.rcuRead(rcu.Synchronize) })
	s.run("synchronize", good, func(*env) { rcu.Synchronize() })
	s.run("readers in any order with a lock", good, func(e *env) {
		l := columnNamed("spin").make("L")
		e.rcuRead(func() { l.lock(); l.unlock() })
		l.lock()
		e.rcuRead(func() {})
		l.unlock()
	})
	s.line("srcu")
	sleepable := func() (*rcu.SRCU, sample) { return rcu.NewSRCU("srcu"), columnNamed("mutex").make("M") }
	s.run("sleeping lock inside", good, func(*env) {
		d, m := sleepable()
		i := d.ReadLock()
		m.lock()
		m.unlock()
		d.ReadUnlock(i)
	})
}
