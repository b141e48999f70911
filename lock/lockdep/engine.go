package lockdep

// Limits, as Linux's. What does not fit is not validated, and a report says so
// once.
const (
	maxKeys    = 8 << 10 // places of creation, and names
	maxClasses = 8 << 10
	maxEdges   = 32 << 10
	maxChains  = 64 << 10 // of lock sequences seen, a power of two
	maxStacks  = 16 << 10
	maxReports = 8 << 10 // problems remembered as reported, a power of two
	maxHeld    = 48      // locks that one goroutine holds
)

// engine is everything that the validator knows. Its code is called on g0.
type engine struct {
	buckets [numBuckets]bucket
	pool    pool
	epoch   uint32 // of Enable

	waiting spin
	path    waitPath // protected by waiting

	// Protected by graph.
	graph   spin
	gen     uint32 // of Reset, 1 to 0xffff
	singles uint32 // locks that have a key of their own
	classes classes
	edges   edges
	chains  chains
	stacks  stacks
	search  search
	seen    [maxReports]uint64 // problems that have been reported
	nseen   int
	full    uint32 // limits that were met, one bit each
	reports int64
	blind   int64 // locks not watched
}

var eng *engine

func newEngine() *engine {
	e := new(engine)
	e.gen = 1
	e.classes.n, e.edges.n, e.stacks.n = 1, 1, 1 // 0 is none
	return e
}

// op is what the engine is asked for.
type op uint8

const (
	opAcquire op = iota
	opAcquired
	opContended
	opDowngrade
	opRelease
	opHeld
	opDestroy
	opMightSleep
	opNoneHeld
	opExit
	opForgetHeld
	opReset
	opStats
	opSnapshot
	opWaits
	opIRQsOn
	opRefill
	opShare
)

//go:norace
func (c *call) execute() {
	e := eng
	switch c.op {
	case opAcquire:
		e.acquire(c)
	case opAcquired:
		e.acquired(c)
	case opContended:
		e.contended(c)
	case opDowngrade:
		e.downgrade(c)
	case opRelease:
		e.release(c)
	case opHeld:
		e.isHeld(c)
	case opDestroy:
		e.destroy(c)
	case opMightSleep:
		e.mightSleep(c)
	case opNoneHeld:
		e.noneHeld(c)
	case opExit:
		e.exit(c)
	case opForgetHeld:
		e.forgetHeld()
	case opReset:
		e.reset()
	case opStats:
		e.collect(c)
	case opSnapshot:
		e.snapshot(c)
	case opWaits:
		e.waits(c)
	case opIRQsOn:
		e.irqsOn(c)
	case opRefill:
		e.refill(c)
	case opShare:
		e.graph.lock()
		e.single(c.m)
		e.graph.unlock()
	}
}

// reset forgets the graph and who holds what.
//
//go:norace
func (e *engine) reset() {
	e.lockAll()
	e.graph.lock()
	if e.gen++; e.gen > 0xffff {
		e.gen = 1
	}
	e.classes.reset()
	e.edges.n = 1
	e.chains.reset()
	e.epoch++
	for i := range e.seen {
		e.seen[i] = 0
	}
	e.nseen = 0
	e.full = 0
	e.reports, e.blind, e.search.steps = 0, 0, 0
	for i := range e.buckets {
		e.buckets[i].acquired, e.buckets[i].hits = 0, 0
	}
	e.dropRecords()
	e.graph.unlock()
	e.unlockAll()
}

// forgetHeld forgets who holds what, and starts a new epoch.
//
//go:norace
func (e *engine) forgetHeld() {
	e.lockAll()
	e.epoch++
	e.dropRecords()
	e.unlockAll()
}

// mix is the finaliser of splitmix64: every bit of x changes about half of the
// result's.
//
//go:norace
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
