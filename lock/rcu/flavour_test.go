package rcu_test

import (
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/lock/rcu"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// flavour is what is tortured.
type flavour struct {
	name    string
	plain   bool // ordinary goroutines may read
	racy    bool // it is broken on purpose: leave the race detector out of it
	enter   func(rnd *rand.Rand) section
	syncs   []func() // each waits for a grace period
	call    func(h *rcu.Head, fn func())
	barrier func()
	early   func() func() // called before an element is taken away: what it returns is called after, in place of a wait
}

// section is what a reader is in.
type section interface {
	linger(rnd *rand.Rand) // passes the time
	leave()
}

func notEarly() func() { return nil }

func rcuFlavour() flavour {
	return flavour{
		name:    "rcu",
		enter:   enterMixed,
		call:    func(h *rcu.Head, fn func()) { rcu.CallHead(h, fn) },
		barrier: rcu.Barrier,
		early:   notEarly,
		syncs: []func(){rcu.Synchronize, rcu.SynchronizeExpedited, func() { rcu.SynchronizeCookie(rcu.StartPoll()) }, func() {
			for c := rcu.StartPoll(); !rcu.Poll(c); {
				time.Sleep(50 * time.Microsecond)
			}
		}},
	}
}

func srcuFlavour() flavour { return srcuOf("srcu", rcu.NewSRCU("torture")) }

func srcuOf(name string, s *rcu.SRCU) flavour {
	return flavour{
		name:    name,
		plain:   true,
		enter:   func(*rand.Rand) section { return srcuSection{s, s.ReadLock()} },
		call:    s.CallHead,
		barrier: s.Barrier,
		early:   notEarly,
		syncs:   []func(){s.Synchronize, func() { c := make(chan struct{}); s.Call(func() { close(c) }); <-c }},
	}
}

// busted are broken in the ways that must be found.
func busted() []flavour {
	nothing := rcuFlavour()
	nothing.name = "busted: nobody waits"
	nothing.syncs = []func(){func() {}}
	nothing.call = func(_ *rcu.Head, fn func()) { go fn() }
	nothing.barrier = runtime.Gosched

	early := rcuFlavour()
	early.name = "busted: the grace period begins before the element is taken away"
	early.early = func() func() {
		c := rcu.StartPoll()
		return func() { rcu.SynchronizeCookie(c) }
	}

	readers := srcuOf("busted: an SRCU without its readers", rcu.NewSRCU("busted"))
	readers.enter = func(*rand.Rand) section { return srcuSection{rcu.NewSRCU(""), 0} }

	half := srcuOf("busted: another SRCU's grace periods", rcu.NewSRCU("busted"))
	other := rcu.NewSRCU("other")
	half.enter = func(*rand.Rand) section { return srcuSection{other, other.ReadLock()} }
	return []flavour{nothing, early, readers, half}
}

// srcuSection may block.
type srcuSection struct {
	s     *rcu.SRCU
	index int
}

func (s srcuSection) leave() {
	if s.s != nil {
		s.s.ReadUnlock(s.index)
	}
}

func (s srcuSection) linger(rnd *rand.Rand) {
	switch x := rnd.IntN(1000); {
	case x < 10:
		time.Sleep(time.Duration(rnd.IntN(300)) * time.Microsecond)
	case x < 100:
		runtime.Gosched()
	case x < 120 && gpm.Current() == nil:
		index := s.s.ReadLock()
		torture.Spin(x)
		s.s.ReadUnlock(index)
	case x < 130:
		runtime.KeepAlive(make([]byte, 1000*x))
	default:
		torture.Spin(x)
	}
}

// A mixed section of RCU consists of parts of different kinds that overlap, as
// rcutorture's extended readers.
type mixed struct{ held []*kind }

type kind struct {
	enter, leave func()
	atomic       bool
	reads        bool
}

var (
	reading = &kind{rcu.ReadLock, rcu.ReadUnlock, false, true}
	kinds   = []*kind{
		reading, reading, reading,
		{preempt.Disable, preempt.Enable, true, true},
		{signals.InterruptDisable, signals.InterruptEnable, true, true},
		{signals.HardIRQDisable, signals.HardIRQEnable, true, true},
		{percpu.MigrateDisable, percpu.MigrateEnable, false, false},
	}
)

func enterMixed(rnd *rand.Rand) section {
	m := new(mixed)
	m.held = make([]*kind, 0, 16) // room: no memory is to be had later
	k := kinds[rnd.IntN(5)]
	k.enter()
	m.held = append(m.held, k)
	return m
}

func (m *mixed) has(f func(*kind) bool) (n int) {
	for _, k := range m.held {
		if f(k) {
			n++
		}
	}
	return n
}

// linger begins and ends parts, always with one of them held that reads.
func (m *mixed) linger(rnd *rand.Rand) {
	for range rnd.IntN(4) {
		m.pause(rnd)
		k := kinds[rnd.IntN(len(kinds))]
		if k == kinds[5] && rnd.IntN(10) != 0 || k.atomic && k.reads && m.has(func(o *kind) bool { return o == k }) > 0 {
			k = reading
		}
		if !k.reads && m.has(func(o *kind) bool { return o.atomic }) > 0 {
			continue
		}
		k.enter()
		m.held = append(m.held, k)
		if i := rnd.IntN(len(m.held)); rnd.IntN(2) == 0 && (!m.held[i].reads || m.has(func(o *kind) bool { return o.reads }) > 1) {
			m.end(i)
		}
	}
	m.pause(rnd)
}

func (m *mixed) end(i int) {
	k := m.held[i]
	m.held[i] = m.held[len(m.held)-1]
	m.held = m.held[:len(m.held)-1]
	k.leave()
}

func (m *mixed) leave() {
	for len(m.held) > 0 {
		m.end(len(m.held) - 1)
	}
}

// pause passes some time, as the held parts allow.
func (m *mixed) pause(rnd *rand.Rand) {
	atomic := m.has(func(k *kind) bool { return k.atomic }) > 0
	switch x := rnd.IntN(1000); {
	case x < 3:
		for range 50 {
			torture.Spin(5_000) // longer than a slice
		}
	case atomic:
		torture.Spin(x)
	case x < 50:
		runtime.Gosched()
	case x < 55:
		time.Sleep(time.Duration(rnd.IntN(100)) * time.Microsecond) // not allowed, and works
	case x < 60:
		preempt.SetNeedResched()
		preempt.CheckResched()
	default:
		torture.Spin(x)
	}
}
