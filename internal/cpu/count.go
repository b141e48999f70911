package cpu

import "sync/atomic"

// Count is what the assembly knows of a percpu.Counter, which says what it is: a
// pair of words in each area, the total and what of it is published.
type Count struct {
	Off    uintptr // of the pair; 0: there is none
	Batch  int64   // how much is published at a time
	below  uint64  // Batch - 1
	within uint64  // 2*Batch - 1

	_         [128]byte
	Published atomic.Int64 // of the totals
	_         [128]byte
	Base      atomic.Int64 // what was added without a CPU
	_         [128]byte
}

// Init makes c a Count of n that publishes batch at a time, at least 1.
func (c *Count) Init(n, batch int64) {
	c.Off = AllocArea(true)
	c.Base.Store(n)
	c.Batch, c.below, c.within = batch, uint64(batch)-1, 2*uint64(batch)-1
}

// Add adds n, on this CPU or, if there is none, for all.
func (c *Count) Add(n int64) { countAdd(c, n) }

// Publish publishes if there are batch or more to publish on this CPU.
func (c *Count) Publish(batch int64) {
	if This() == nil {
		return
	}
	// Whatever comes between, what is read is of some CPU, and near the truth.
	if d := int64(AreaRead(c.Off) - AreaRead(c.Off+8)); d >= batch || -d >= batch {
		countPublish(c, 0)
	}
}

// countPublish is called when there is more than a batch to publish. It may be on
// another CPU by now: then that one publishes early, and the other at its next
// addition.
func countPublish(c *Count, _ int64) { c.Published.Add(AreaPublish(c.Off)) }

// countOutside is called when n could not be added.
func countOutside(c *Count, n int64) {
	if c.Off == 0 {
		Misuse(NoCount)
		return
	}
	c.Base.Add(n)
}
