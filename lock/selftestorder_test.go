package lock_test

import (
	"fmt"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/preempt"
)

// sample is one lock of a case.
type sample struct {
	lock, unlock func()
	init         func()
}

// column is one kind of lock, in one mode.
type column struct {
	name      string
	recursive bool // a reader that may take it again
	spins     bool
	make      func(class string) sample
}

var columns = []column{
	{"raw", false, true, func(class string) sample {
		l := new(lock.RawSpinLock)
		l.Init(class)
		return sample{l.Lock, l.Unlock, func() { l.Init(class) }}
	}},
	{"spin", false, true, func(class string) sample {
		l := new(lock.SpinLock)
		l.Init(class)
		return sample{l.Lock, l.Unlock, func() { l.Init(class) }}
	}},
	{"ticket", false, true, func(class string) sample {
		l := new(lock.TicketLock)
		l.Init(class)
		return sample{l.Lock, l.Unlock, func() { l.Init(class) }}
	}},
	{"mcs", false, true, func(class string) sample {
		l := new(lock.MCSLock)
		l.Init(class)
		return sample{l.Lock, l.Unlock, func() { l.Init(class) }}
	}},
	{"mutex", false, false, func(class string) sample {
		l := new(lock.Mutex)
		l.Init(class)
		return sample{l.Lock, l.Unlock, func() { l.Init(class) }}
	}},
	{"rtmutex", false, false, func(class string) sample {
		l := new(lock.RTMutex)
		l.Init(class)
		return sample{l.Lock, l.Unlock, func() { l.Init(class) }}
	}},
	{"wwmutex", false, false, func(class string) sample {
		l := lock.NewWWMutex(new(lock.WWClass))
		l.Init(class)
		return sample{func() { must(l.Lock(nil)) }, l.Unlock, func() { l.Init(class) }}
	}},
}

// preferring is a lock of spinning readers and writers whose readers wait for
// writers that have it, never for those that wait: the only kind that readers may
// take again. The locks of package lock are fair, so it is made here.
type preferring struct {
	word atomic.Int32 // readers, or -1
	dep  lockdep.Map
}

func (l *preferring) lock() {
	preempt.Disable()
	l.dep.Acquire(lockdep.Spin, lockdep.Exclusive, false, 0)
	for !l.word.CompareAndSwap(0, -1) {
	}
	l.dep.Acquired()
}

func (l *preferring) unlock() {
	l.dep.Release()
	l.word.Store(0)
	preempt.Enable()
}

func (l *preferring) rlock() {
	preempt.Disable()
	l.dep.Acquire(lockdep.Spin, lockdep.SharedRecurse, false, 0)
	for {
		if n := l.word.Load(); n >= 0 && l.word.CompareAndSwap(n, n+1) {
			break
		}
	}
	l.dep.Acquired()
}

func (l *preferring) runlock() {
	l.dep.Release()
	l.word.Dec()
	preempt.Enable()
}

// columnNamed returns the column of that name.
func columnNamed(name string) column {
	for _, c := range columns {
		if c.name == name {
			return c
		}
	}
	panic(name)
}

// rwKind is a lock for readers and writers.
type rwKind struct {
	name      string
	recursive bool // readers may take it again, whoever waits
	spins     bool
	make      func(class string) rwSample
}

type rwSample struct {
	lock, unlock, rlock, runlock func()
	init                         func()
}

var rwKinds = []rwKind{
	{"rwlock", false, true, func(class string) rwSample {
		l := new(lock.RWLock)
		l.Init(class)
		return rwSample{l.Lock, l.Unlock, l.RLock, l.RUnlock, func() { l.Init(class) }}
	}},
	{"preferring", true, true, func(class string) rwSample {
		l := new(preferring)
		l.dep.Init(lockdep.Spin, class, 0)
		return rwSample{l.lock, l.unlock, l.rlock, l.runlock, func() { l.dep.Init(lockdep.Spin, class, 0) }}
	}},
	{"rwsem", false, false, func(class string) rwSample {
		l := new(lock.RWSem)
		l.Init(class)
		return rwSample{l.Lock, l.Unlock, l.RLock, l.RUnlock, func() { l.Init(class) }}
	}},
	{"percpurwsem", false, false, func(class string) rwSample {
		l := lock.NewPerCPURWSem()
		l.Init(class)
		return rwSample{l.Lock, l.Unlock, l.RLock, l.RUnlock, func() { l.Init(class) }}
	}},
}

// allColumns has the plain locks, and those of readers and writers in both modes.
func allColumns() []column {
	all := append([]column(nil), columns...)
	for _, k := range rwKinds {
		all = append(all,
			column{k.name + ".w", false, k.spins, func(class string) sample {
				l := k.make(class)
				return sample{l.lock, l.unlock, l.init}
			}},
			column{k.name + ".r", k.recursive, k.spins, func(class string) sample {
				l := k.make(class)
				return sample{l.rlock, l.runlock, l.init}
			}})
	}
	return all
}

// orderCases: deadlocks by order, of two to four locks, and wrong use.
func (s *selfTest) orderCases() {
	for _, c := range []struct {
		name  string
		pairs string // each pair of letters is: lock, lock, unlock, unlock
	}{
		{"A-B-B-A deadlock", "AB BA"},
		{"A-B-B-C-C-A deadlock", "AB BC CA"},
		{"A-B-C-A-B-C deadlock", "AB CA BC"},
		{"A-B-B-C-C-D-D-A deadlock", "AB BC CD DA"},
		{"A-B-C-D-B-D-D-A deadlock", "AB CD BD DA"},
		{"A-B-C-D-B-C-D-A deadlock", "AB CD BC DA"},
	} {
		s.line(c.name)
		for _, col := range allColumns() {
			s.run(col.name, byOrder.unless(col.recursive), func(*env) {
				locks := map[byte]sample{}
				for _, name := range "ABCD" {
					locks[byte(name)] = col.make(fmt.Sprintf("%s-%c", col.name, name))
				}
				for i := 0; i < len(c.pairs); i += 3 {
					a, b := locks[c.pairs[i]], locks[c.pairs[i+1]]
					a.lock()
					b.lock()
					b.unlock()
					a.unlock()
				}
			})
		}
	}
	for _, c := range []struct {
		name string
		want func(column) verdict
		do   func(l, other sample)
	}{
		{"A-A deadlock", byOrderOf, func(l, _ sample) { l.lock(); l.lock(); l.unlock(); l.unlock() }},
		{"A-A of two locks of a class", byOrderOf, func(l, o sample) { l.lock(); o.lock(); o.unlock(); l.unlock() }},
		{"double unlock", always(byUnlock), func(l, _ sample) { l.lock(); l.unlock(); l.unlock() }},
		{"initialize held", always(byInit), func(l, _ sample) { l.lock(); l.init(); l.unlock() }},
		{"lock and unlock", always(good), func(l, _ sample) { l.lock(); l.unlock(); l.lock(); l.unlock() }},
		{"initialize after use", always(good), func(l, _ sample) { l.lock(); l.unlock(); l.init(); l.lock(); l.unlock() }},
	} {
		s.line(c.name)
		for _, col := range allColumns() {
			s.run(col.name, c.want(col), func(*env) { c.do(col.make(col.name), col.make(col.name)) })
		}
	}
}

// readerCases: readers and writers of one kind of lock.
func (s *selfTest) readerCases() {
	for _, c := range []struct {
		name           string
		caught, silent bool // also for recursive readers; for all kinds
		do             func(x, x2 rwSample, y sample)
	}{
		{"recursive read-lock", false, false, func(x, _ rwSample, _ sample) { x.rlock(); x.rlock(); x.runlock(); x.runlock() }},
		{"recursive read-lock #2", false, false, func(x, x2 rwSample, _ sample) { x.rlock(); x2.rlock(); x2.runlock(); x.runlock() }},
		{"mixed read-write-lock", true, false, func(x, x2 rwSample, _ sample) { x.rlock(); x2.lock(); x2.unlock(); x.runlock() }},
		{"mixed write-read-lock", true, false, func(x, x2 rwSample, _ sample) { x.lock(); x2.rlock(); x2.runlock(); x.unlock() }},
		{"mixed read-lock/lock-write ABBA", true, false, func(x, _ rwSample, y sample) {
			under(x.rlock, x.runlock, y)
			y.lock()
			x.lock()
			x.unlock()
			y.unlock()
		}},
		{"mixed read-lock/lock-read ABBA", false, false, func(x, _ rwSample, y sample) {
			under(x.rlock, x.runlock, y)
			y.lock()
			x.rlock()
			x.runlock()
			y.unlock()
		}},
		{"mixed write-lock/lock-write ABBA", true, false, func(x, _ rwSample, y sample) {
			under(x.lock, x.unlock, y)
			y.lock()
			x.lock()
			x.unlock()
			y.unlock()
		}},
		{"mixed write-lock/lock-read ABBA", true, false, func(x, _ rwSample, y sample) {
			under(x.lock, x.unlock, y)
			y.lock()
			x.rlock()
			x.runlock()
			y.unlock()
		}},
		{"read-lock in one order", false, true, func(x, _ rwSample, y sample) {
			under(x.rlock, x.runlock, y)
			under(x.lock, x.unlock, y)
			under(x.rlock, x.runlock, y)
		}},
		{"chain cached mixed R-L/L-W ABBA", true, false, func(x, _ rwSample, y sample) {
			x.rlock()
			y.lock()
			y.unlock()
			x.runlock()
			y.lock()
			x.rlock()
			x.runlock()
			y.unlock()
			y.lock()
			x.lock()
			x.unlock()
			y.unlock()
		}},
	} {
		s.line(c.name)
		for _, k := range rwKinds {
			s.run(k.name, byOrder.unless(c.silent || !c.caught && k.recursive), func(*env) {
				plain := columnNamed("mutex")
				if k.spins {
					plain = columnNamed("spin")
				}
				c.do(k.make("X"), k.make("X"), plain.make("Y"))
			})
		}
	}
	// Three locks; each letter pair is how the first and the second of each two are
	// taken. Recursive readers make some circles harmless.
	for _, c := range []struct {
		name  string
		steps [3]string
		weak  bool // some R is followed by an S
	}{
		{"rlock W1R2/W2R3/W3R1", [3]string{"W1R2", "W2R3", "W3R1"}, false},
		{"rlock W1W2/R2R3/W3R1", [3]string{"W1W2", "R2R3", "W3R1"}, false},
		{"rlock W1W2/R2R3/R3W1", [3]string{"W1W2", "R2R3", "R3W1"}, true},
		{"rlock W1R2/R2R3/W3W1", [3]string{"W1R2", "R2R3", "W3W1"}, true},
	} {
		s.line(c.name)
		for _, k := range rwKinds {
			s.orders(k.name, byOrder.unless(c.weak && k.recursive), func(*env) (parts []func()) {
				locks := map[byte]rwSample{'1': k.make("L1"), '2': k.make("L2"), '3': k.make("L3")}
				for _, step := range c.steps {
					parts = append(parts, func() {
						lock1, unlock1 := locks[step[1]].by(step[0])
						lock2, unlock2 := locks[step[3]].by(step[2])
						lock1()
						lock2()
						unlock2()
						unlock1()
					})
				}
				return parts
			})
		}
	}
}

func (l rwSample) by(mode byte) (lock, unlock func()) {
	if mode == 'R' {
		return l.rlock, l.runlock
	}
	return l.lock, l.unlock
}

// under takes y inside of another lock.
func under(lock, unlock func(), y sample) {
	lock()
	y.lock()
	y.unlock()
	unlock()
}

func byOrderOf(c column) verdict { return byOrder.unless(c.recursive) }

func always(v verdict) func(column) verdict { return func(column) verdict { return v } }
