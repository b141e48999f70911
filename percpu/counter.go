package percpu

import (
	"runtime"
	"sync"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// Counter is an integer that all CPUs add to at the price of a this_cpu
// operation, and that can be read exactly or at once. Linux: percpu_counter.
//
// Each CPU has the total of what was added there, and how much of it was
// published. When these differ by a batch the CPU publishes, that is, adds the
// difference to a word that all share. Read looks at what is published: it is
// wrong by less than a batch for each CPU. Sum adds up the totals. (Linux's moves
// the CPU's part to the shared one, and needs a lock for a sum that does not
// miss what is being moved. A total of 64 bits need not be moved.)
//
// It works from ordinary goroutines too, which share one word.
type Counter struct {
	c       cpu.Count
	cleanup runtime.Cleanup

	mu sync.Mutex // one Set at a time
}

// minBatch is the batch where CPUs are few. To publish takes the shared word
// from another CPU's cache, which costs as much as some 20 additions.
const minBatch = 64

// NewCounter returns a Counter that is n. Package variables may be made so; it
// keeps its value when a kernel is shut down and another booted. It panics if
// per-CPU memory is used up. Context: may block. Linux: percpu_counter_init().
func NewCounter(n int64) *Counter {
	c := new(Counter)
	// As many CPUs as there are publish at the same time: the more, the less often.
	c.c.Init(n, max(minBatch, 2*int64(Possible())))
	c.cleanup = runtime.AddCleanup(c, freeCounter, c.c.Off)
	return c
}

func freeCounter(off uintptr) { cpu.FreeArea(off, true) }

// Release gives the counter's memory back; what is unreachable is given back in
// any case. Nobody may be in one of its methods; a later use is a BUG. Linux:
// percpu_counter_destroy().
func (c *Counter) Release() {
	if c.released() {
		return
	}
	c.cleanup.Stop()
	freeCounter(c.c.Off)
	c.c.Off = 0
}

// released reports the use of a counter that there is not.
func (c *Counter) released() bool {
	if c.c.Off == 0 {
		cpu.Misuse(cpu.NoCount)
	}
	return c.c.Off == 0
}

// Add adds n. Context: any. Linux: percpu_counter_add().
func (c *Counter) Add(n int64) { c.c.Add(n) }

// Sub subtracts n. Context: any. Linux: percpu_counter_sub().
func (c *Counter) Sub(n int64) { c.Add(-n) }

// Inc adds one. Context: any. Linux: percpu_counter_inc().
func (c *Counter) Inc() { c.Add(1) }

// Dec subtracts one. Context: any. Linux: percpu_counter_dec().
func (c *Counter) Dec() { c.Add(-1) }

// AddBatch is Add with another batch, at least 1, for this time. It takes some
// more time. Context: any. Linux: percpu_counter_add_batch().
func (c *Counter) AddBatch(n, batch int64) {
	if c.AddLocal(n); c.c.Off != 0 {
		c.c.Publish(batch)
	}
	runtime.KeepAlive(c)
}

// AddLocal is Add that publishes nothing: for a counter that is seldom read, and
// then by Sum. Context: any. Linux: percpu_counter_add_local().
func (c *Counter) AddLocal(n int64) {
	if c.released() {
		return
	}
	if preempt.TryDisableCPU() < 0 {
		c.c.Base.Add(n)
		return
	}
	cpu.AreaAdd(c.c.Off, uint64(n))
	preempt.Enable()
	runtime.KeepAlive(c)
}

// Read returns the value, wrong by less than a batch (64, or twice the number of
// CPUs if that is more) for each CPU, unless AddBatch or AddLocal made it more.
// It looks at two words. Context: any. Linux: percpu_counter_read().
func (c *Counter) Read() int64 { return c.c.Base.Load() + c.c.Published.Load() }

// Sum returns the value: what all CPUs and goroutines had added when it was
// called, and perhaps some of what they add meanwhile. Context: any. Linux:
// percpu_counter_sum().
func (c *Counter) Sum() int64 { return c.c.Base.Load() + c.total() }

// total returns the sum of the CPUs' totals.
func (c *Counter) total() (sum int64) {
	if c.released() {
		return 0
	}
	for i := range Possible() {
		sum += int64(cpu.AreaWord(i, c.c.Off).Load())
	}
	runtime.KeepAlive(c)
	return sum
}

// Set makes the value n. What is added meanwhile counts, or is lost, in part.
// Context: may block. Linux: percpu_counter_set().
func (c *Counter) Set(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.c.Base.Store(n - c.total())
}

// Compare returns -1, 0 or 1: whether the value is less than, equal to, or more
// than n. It takes the sum only if Read is too close to n to tell. Context: any.
// Linux: percpu_counter_compare().
func (c *Counter) Compare(n int64) int {
	v := c.Read()
	slack := c.c.Batch * int64(Possible())
	if d := v - n; -slack <= d && d <= slack {
		v = c.Sum()
	}
	switch {
	case v > n:
		return 1
	case v < n:
		return -1
	}
	return 0
}
