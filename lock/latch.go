package lock

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// SeqLatch is the count of a latch: data of which there are two copies, so that one
// can always be read. A writer changes first the one, while readers use the other,
// and then the other; a reader reads again only if a whole write has come between.
// So a reader never waits for a writer, not even one that it has interrupted.
// Something else keeps writers from each other. The zero SeqLatch is ready. It must
// not be copied. Linux: seqcount_latch_t.
//
// A reader uses the copy number n&1, n being what Begin has returned. See SeqCount
// for what it may do with what it reads; Latch has the copies inside.
type SeqLatch struct {
	n uint32 // n&1 is the copy that readers use
}

// Begin returns the count, for Retry; its lowest bit is the copy to read. Context:
// any. Linux: read_seqcount_latch().
func (s *SeqLatch) Begin() uint32 {
	n := cpu.Load32(&s.n)
	cpu.RaceLocked(&s.n)
	return n
}

// Retry reports whether what was read since Begin returned n may be inconsistent.
// Context: any. Linux: read_seqcount_latch_retry().
func (s *SeqLatch) Retry(n uint32) bool { return cpu.Load32(&s.n) != n }

// WriteBegin sends readers to copy 1: the caller may write copy 0. Context: the only
// writer; best with preemption disabled. Linux: write_seqcount_latch_begin().
func (s *SeqLatch) WriteBegin() { s.step(0) }

// WriteSwitch sends readers to copy 0: the caller may write copy 1. Linux:
// write_seqcount_latch().
func (s *SeqLatch) WriteSwitch() { s.step(1) }

// WriteEnd ends the write. Linux: write_seqcount_latch_end().
func (s *SeqLatch) WriteEnd() {
	if cpu.Load32(&s.n)&1 != 0 {
		preempt.Raise("WriteEnd of a SeqLatch without WriteSwitch")
	}
}

// step sends readers from that copy to the other.
func (s *SeqLatch) step(from uint32) {
	n := cpu.Load32(&s.n)
	if n&1 != from {
		preempt.Raise("WriteBegin and WriteSwitch of a SeqLatch out of order")
		return
	}
	cpu.RaceUnlocking(&s.n)
	cpu.Release32(&s.n, n+1)
}

// Latch is a value that can be read in any context, also in the middle of a write of
// the same CPU, without waiting. T may be of any type; a value that holds pointers is
// copied as it is. The zero Latch holds the zero T. It must not be copied. Linux: the
// latch of seqcount_latch_t, as in its timekeeping.
type Latch[T any] struct {
	s    SeqLatch
	copy [2]T
}

// Load returns the value. Context: any.
func (l *Latch[T]) Load() (v T) {
	for {
		n := l.s.Begin()
		latchCopy(&v, &l.copy[n&1])
		if !l.s.Retry(n) {
			return v
		}
	}
}

// Store sets the value. To be preemptible here is a BUG, for nobody could write
// meanwhile. Context: a task with preemption disabled, the only writer.
func (l *Latch[T]) Store(v T) {
	if !preempt.InAtomic() && !signals.IRQsDisabled() {
		preempt.Raise("Store of a Latch by a writer that can be preempted")
		return
	}
	l.s.WriteBegin()
	latchCopy(&l.copy[0], &v)
	l.s.WriteSwitch()
	latchCopy(&l.copy[1], &v)
	l.s.WriteEnd()
}

// latchCopy copies what may change meanwhile. The race detector does not look: what
// is inconsistent is thrown away, and Begin and step have made the edges. Not
// inlined, so that the copy is made here, between the two looks at the count.
//
//go:norace
//go:noinline
func latchCopy[T any](to, from *T) { *to = *from }
