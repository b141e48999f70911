package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// SeqCount lets any number of readers see consistent data without writing anything
// themselves: a reader notes the count, reads, and reads again if the count has
// changed or was odd, for then a writer was at work. Something else, for example a
// SpinLock, keeps writers from each other; SeqLock has that inside. Readers may be
// anyone, also ordinary goroutines. The zero SeqCount is ready. It must not be
// copied. Linux: seqcount_t.
//
//	var n uint32
//	for ok := false; !ok; ok = !s.Retry(n) {
//		n = s.Begin()
//		x, y = a.Load(), b.Load()
//	}
//
// What is read must not be used before Retry has said false: it may be nonsense. To
// Go's memory model, and the race detector, reading what a writer may be writing is
// a race, unless the parts are atomic variables, as above; SeqLock.Read and Latch
// spare that.
type SeqCount struct {
	n uint32 // odd: a writer is at work
}

// Begin waits until no writer is at work and returns the count, for Retry. Context:
// any; a writer of the same SeqCount would wait for ever. Linux:
// read_seqcount_begin().
func (s *SeqCount) Begin() uint32 {
	n := cpu.Load32(&s.n)
	if n&1 != 0 {
		n = s.wait()
	}
	cpu.RaceLocked(&s.n)
	return n
}

func (s *SeqCount) wait() (n uint32) {
	w := spinWait{turn: true}
	for n = cpu.Load32(&s.n); n&1 != 0; n = cpu.Load32(&s.n) {
		w.pause()
	}
	return n
}

// RawBegin is Begin without waiting: if a writer is at work Retry will say true.
// Context: any. Linux: raw_seqcount_begin().
func (s *SeqCount) RawBegin() uint32 {
	n := cpu.Load32(&s.n) &^ 1
	cpu.RaceLocked(&s.n)
	return n
}

// Retry reports whether what was read since Begin returned n may be inconsistent.
// Context: any. Linux: read_seqcount_retry().
func (s *SeqCount) Retry(n uint32) bool { return cpu.Load32(&s.n) != n }

// WriteBegin says that the caller is about to write. To be preemptible here is a BUG,
// for readers would wait for a writer who does not run. Context: a task with
// preemption disabled, the only writer. Linux: write_seqcount_begin().
func (s *SeqCount) WriteBegin() {
	if !preempt.InAtomic() && !signals.IRQsDisabled() {
		preempt.Raise("WriteBegin of a SeqCount by a writer that can be preempted")
		return
	}
	cpu.Release32(&s.n, cpu.Load32(&s.n)+1)
}

// WriteEnd says that the caller has written. Without WriteBegin it is a BUG. Context:
// as WriteBegin. Linux: write_seqcount_end().
func (s *SeqCount) WriteEnd() {
	n := cpu.Load32(&s.n)
	if n&1 == 0 {
		preempt.Raise("WriteEnd of a SeqCount without WriteBegin")
		return
	}
	cpu.RaceUnlocking(&s.n)
	cpu.Release32(&s.n, n+1)
}

// Invalidate makes all readers that are at work read again. Context: as WriteBegin.
// Linux: write_seqcount_invalidate().
func (s *SeqCount) Invalidate() {
	cpu.RaceUnlocking(&s.n)
	cpu.Release32(&s.n, cpu.Load32(&s.n)+2)
}
