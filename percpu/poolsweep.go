package percpu

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gokern/gokern/internal/cpu"
)

// After each garbage collection an ordinary goroutine empties the lists of all
// pools. The CPUs that own them use neither locks nor barriers, so it asks them
// to keep off:
//
//	the CPU, preemption off      the sweeper
//	busy = 1                     stop = on
//	                             a barrier on all CPUs: Membarrier
//	stop? then keep off          busy? then leave it for the next time
//	n, and use the list          empty the list
//	busy = 0                     stop = 0
//
// Either the CPU's busy = 1 comes before its barrier, and the sweeper sees it, or
// its look at stop comes after, and it sees that. It reads n after stop: else the
// sweep may be in the middle of the list when it reads the one, and over when it
// reads the other. A list that is busy just then is in use, and not one that keeps
// memory for nobody.

// A sweeper is a pool.
type sweeper interface {
	stop() (any bool)
	sweep(empty bool)
}

var sweeps struct {
	sync.Mutex
	pools   []func() sweeper // each returns nil when its pool is gone
	watched bool             // the next collection is waited for
}

// sweepPool has the pool that get returns swept from now on.
func sweepPool(get func() sweeper) {
	sweeps.Lock()
	defer sweeps.Unlock()
	sweeps.pools = append(sweeps.pools, get)
	watchCollections()
}

// watchCollections has sweepPools called after the next collection. The lock is
// held.
func watchCollections() {
	if sweeps.watched || len(sweeps.pools) == 0 {
		return
	}
	sweeps.watched = true
	garbage := new(*int) // with a pointer in it, it is an object of its own
	runtime.AddCleanup(garbage, func(int) { sweepPools() }, 0)
}

func sweepPools() {
	sweeps.Lock()
	defer sweeps.Unlock()
	sweeps.watched = false
	kept := sweeps.pools[:0]
	var pools []sweeper
	for _, get := range sweeps.pools {
		p := get()
		if p == nil {
			continue
		}
		kept = append(kept, get)
		if p.stop() {
			pools = append(pools, p)
		}
	}
	clear(sweeps.pools[len(kept):])
	sweeps.pools = kept
	if len(pools) > 0 {
		able := cpu.Membarrier()
		for _, p := range pools {
			p.sweep(able)
		}
	}
	watchCollections()
}

// stop has the CPUs keep off their lists, and reports whether there is anything
// on them.
//
//go:norace
func (p *Pool[T]) stop() (any bool) {
	for n := range Possible() {
		if l := p.local.at(n); l.n != 0 {
			atomic.StoreUint32(&l.stop, stopped)
			any = true
		}
	}
	return any
}

// sweep empties the lists that stop has stopped, if empty says so, and lets the
// CPUs use them again.
//
//go:norace
func (p *Pool[T]) sweep(empty bool) {
	for n := range Possible() {
		l := p.local.at(n)
		if l.stop == 0 {
			continue
		}
		for empty && atomic.LoadUint32(&l.busy) == 0 && l.n > 0 {
			b := new(poolBatch[T])
			for l.n > 0 && b.n < batchLen {
				b.take(l)
			}
			p.batches.Put(b)
		}
		atomic.StoreUint32(&l.stop, 0)
	}
}
