package lock

import (
	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/cpu"
)

// party is who owns RTMutexes or waits for one. A task has one for as long as it
// lives. An ordinary goroutine, where nothing can be kept, has a new one for each
// time, and is known by the address of its g.
type party struct {
	task *gpm.Task // nil: an ordinary goroutine
	g    uintptr

	// What RTMutex.owner points to: waited if the mutex has waiters, so that
	// the owner's fast unlock fails.
	owner, waited rtOwner

	// Protected by chains.
	blocked *rtWaiter // nil: it waits for no RTMutex
	owned   *RTMutex  // those it owns that have waiters, linked by nextOf
	lent    int64
	next    *party // in chains.goroutines
}

type rtOwner struct {
	party *party
	_     byte // so that two have different addresses
}

func newParty(t *gpm.Task) *party {
	p := &party{task: t, g: cpu.G()}
	p.owner.party, p.waited.party = p, p
	return p
}

// self returns the caller's party.
func self() *party {
	t := gpm.Current()
	if t == nil {
		return newParty(nil)
	}
	at := t.Lender()
	if *at == nil { // only the task itself sets it
		p := newParty(t)
		chains.enter()
		*at = p
		chains.leave()
	}
	return (*at).(*party)
}

// known reports whether the goroutine can be told from others.
func (p *party) known() bool { return p.g != 0 }

// isCaller reports whether p is the caller's; true where that is not known.
func (p *party) isCaller() bool { return p.g == cpu.G() }

// priority returns the priority that p's waits have: its urgency.
func (p *party) priority() int64 {
	if p.task == nil {
		return 0
	}
	return p.task.Urgency()
}
