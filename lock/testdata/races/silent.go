package main

import (
	"context"
	"sync"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

const rounds = 3000

// pair is a lock and unlock, by turns one way and another.
type pair struct{ ways [][2]func() }

// silent: tasks change plain variables under each of the spinning locks, taken in all
// ways: the race detector must say nothing.
func silent() {
	k, err := gpm.Boot(gpm.Config{CPUs: 2})
	if err != nil {
		panic(err)
	}
	// both runs f(0) on CPU 0 and f(1) on CPU 1.
	both := func(f func(n int)) {
		var wait sync.WaitGroup
		for n := range 2 {
			wait.Add(1)
			if _, err := k.Spawn(gpm.Attr{CPUs: []int{n}}, func() { f(n); wait.Done() }); err != nil {
				panic(err)
			}
		}
		wait.Wait()
	}
	spin, raw, rw, seq := new(lock.SpinLock), new(lock.RawSpinLock), new(lock.RWLock), new(lock.SeqLock)
	ticket, mcs := new(lock.TicketLock), new(lock.MCSLock)
	var flags [2]signals.Flags
	try := func(tryLock func() bool) func() {
		return func() {
			for !tryLock() {
			}
		}
	}
	for _, p := range []func(n int) pair{
		func(n int) pair {
			return pair{[][2]func(){
				{spin.Lock, spin.Unlock}, {spin.LockBH, spin.UnlockBH}, {spin.LockIRQ, spin.UnlockIRQ}, {try(spin.TryLock), spin.Unlock},
				{func() { flags[n] = spin.LockIRQSave() }, func() { spin.UnlockIRQRestore(flags[n]) }},
			}}
		},
		func(n int) pair {
			return pair{[][2]func(){
				{raw.Lock, raw.Unlock}, {raw.LockBH, raw.UnlockBH}, {raw.LockIRQ, raw.UnlockIRQ}, {try(raw.TryLock), raw.Unlock},
				{func() { flags[n] = raw.LockIRQSave() }, func() { raw.UnlockIRQRestore(flags[n]) }},
			}}
		},
		func(n int) pair {
			return pair{[][2]func(){{ticket.Lock, ticket.Unlock}, {try(ticket.TryLock), ticket.Unlock}}}
		},
		func(n int) pair { return pair{[][2]func(){{mcs.Lock, mcs.Unlock}, {try(mcs.TryLock), mcs.Unlock}}} },
		func(n int) pair {
			return pair{[][2]func(){{rw.Lock, rw.Unlock}, {rw.LockIRQ, rw.UnlockIRQ}, {rw.LockBH, rw.UnlockBH}, {try(rw.TryLock), rw.Unlock}}}
		},
		func(n int) pair {
			return pair{[][2]func(){{seq.Lock, seq.Unlock}, {seq.LockIRQ, seq.UnlockIRQ}, {seq.ReadLockExcl, seq.ReadUnlockExcl}}}
		},
	} {
		shared := 0
		both(func(n int) {
			ways := p(n).ways
			for i := range rounds {
				ways[i%len(ways)][0]()
				shared++
				ways[i%len(ways)][1]()
			}
		})
		if shared != 2*rounds {
			panic(shared)
		}
	}

	// One writes, the other reads.
	a, b := 0, 0
	both(func(n int) {
		for range rounds {
			if n == 0 {
				rw.Lock()
				a, b = a+1, b-1
				rw.Unlock()
			} else {
				rw.RLock()
				if a != -b {
					panic(a)
				}
				rw.RUnlock()
			}
		}
	})
	a, b = 0, 0
	both(func(n int) {
		for range rounds {
			if n == 0 {
				seq.Lock()
				a, b = a+1, b-1
				seq.Unlock()
			} else {
				x, y := 0, 0
				seq.Read(func() { x, y = a, b })
				if x != -y {
					panic(x)
				}
			}
		}
	})
	type value struct{ p, q *int }
	var latch lock.Latch[value]
	both(func(n int) {
		for i := range rounds {
			if n == 0 {
				p := new(int)
				*p = i
				preempt.Disable()
				latch.Store(value{p, p})
				preempt.Enable()
			} else if v := latch.Load(); v.p != v.q || v.p != nil && *v.p < 0 {
				panic(*v.p)
			}
		}
	})
	if err := k.Shutdown(context.Background()); err != nil {
		panic(err)
	}
	println("done")
}
