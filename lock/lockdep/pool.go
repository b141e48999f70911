package lockdep

// pool has records and reports for the engine, which cannot allocate: a call in a
// context where that may be done makes more when few are left.
type pool struct {
	spin
	records  *record
	nrecords int32
	reports  *Report
	nreports int32
	lost     int64 // reports that there was no memory for
}

const (
	lowRecords, moreRecords = 64, 192
	lowReports, moreReports = 8, 16
)

// takeRecord returns nil if there is none left.
//
//go:norace
func (p *pool) takeRecord() *record {
	p.lock()
	r := p.records
	if r != nil {
		p.records = r.next
		r.next = nil
		p.nrecords--
	}
	p.unlock()
	return r
}

//go:norace
func (p *pool) put(r *record) {
	r.goid, r.g, r.chain, r.depth = 0, 0, 0, 0
	p.lock()
	r.next = p.records
	p.records = r
	p.nrecords++
	p.unlock()
}

// takeReport returns nil if there is none left.
//
//go:norace
func (p *pool) takeReport() *Report {
	p.lock()
	r := p.reports
	if r != nil {
		p.reports = r.next
		r.next = nil
		p.nreports--
	} else {
		p.lost++
	}
	p.unlock()
	return r
}

// low reports whether refill is wanted.
//
//go:norace
func (p *pool) low() bool { return p.nrecords < lowRecords || p.nreports < lowReports }

// refill makes more of what is short. Context: may allocate.
func refill() {
	c := call{op: opRefill}
	c.records, c.reports = eng.pool.fresh()
	c.run()
}

// fresh returns new records and reports, as far as they are wanted, linked. The engine gets them on g0, where
// the race detector sees no hand-over: so it must not see their making either.
//
//go:norace
func (p *pool) fresh() (records *record, reports *Report) {
	for n := p.nrecords; n < lowRecords; n += moreRecords {
		for range moreRecords {
			records = &record{next: records}
		}
	}
	for n := p.nreports; n < lowReports; n += moreReports {
		for range moreReports {
			reports = &Report{next: reports}
		}
	}
	return records, reports
}

// refill adds what c brings, if it is still wanted.
//
//go:norace
func (e *engine) refill(c *call) {
	p := &e.pool
	p.lock()
	for p.nrecords < lowRecords+moreRecords && c.records != nil {
		r := c.records
		c.records = r.next
		r.next = p.records
		p.records = r
		p.nrecords++
	}
	for p.nreports < lowReports+moreReports && c.reports != nil {
		r := c.reports
		c.reports = r.next
		r.next = p.reports
		p.reports = r
		p.nreports++
	}
	p.unlock()
}
