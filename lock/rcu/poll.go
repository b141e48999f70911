package rcu

import (
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/readers"
)

// polls interrupts CPUs on behalf of all that poll: no one of them knows how
// long the grace period has been under way.
var polls pollers

type pollers struct {
	seq  atomic.Uint64
	next atomic.Int64 // when to interrupt, ns since the epoch
}

func (p *pollers) hurry(r *readers.Request) {
	now := time.Now().UnixNano()
	if p.seq.Swap(r.Seq) != r.Seq {
		p.next.Store(now + int64(firstHurry))
		return
	}
	if next := p.next.Load(); now >= next && p.next.CompareAndSwap(next, now+int64(firstHurry)) {
		r.Hurry(false)
	}
}
