package lockdep

// Stats says what the validator has seen since Reset.
type Stats struct {
	Classes  int   // in use
	Edges    int   // dependencies
	Chains   int   // different sequences of locks
	Stacks   int   // different ones
	Acquired int64 // locks taken
	Cached   int64 // of those not the first that is held, whose sequence was known
	Searched int64 // nodes visited by searches
	Holders  int   // goroutines that hold or wait for locks now
	Reports  int64 // problems reported
	Lost     int64 // problems that there was no memory to report
	Blind    int64 // locks not watched, for a limit was met
}

// ReadStats returns the statistics. Context: any.
func ReadStats() Stats {
	if !made.Load() {
		return Stats{}
	}
	var c call
	c.op = opStats
	c.run()
	return c.stats
}

//go:norace
func (e *engine) collect(c *call) {
	s := &c.stats
	for i := range e.buckets {
		b := &e.buckets[i]
		b.lock()
		s.Acquired += b.acquired
		s.Cached += b.hits
		for r := b.head; r != nil; r = r.next {
			s.Holders++
		}
		b.unlock()
	}
	e.graph.lock()
	s.Classes, s.Edges, s.Stacks = int(e.classes.n-1), int(e.edges.n-1), int(e.stacks.n-1)
	s.Chains = e.chains.n
	s.Searched = e.search.steps
	s.Reports = e.reports
	s.Blind = e.blind
	s.Lost = e.pool.lost
	e.graph.unlock()
}
