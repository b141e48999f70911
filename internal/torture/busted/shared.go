package busted

import (
	"sync"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/torture"
)

// withReaders keeps writers apart, and readers from coming in to a writer, but
// lets a writer in with readers.
type withReaders struct {
	sync.Mutex
}

func (l *withReaders) RLock() {
	l.Lock()
	l.Unlock() //lint:ignore SA2001 it waits for a writer to leave, and that is all
}

func (l *withReaders) RUnlock() {}

// withWriter has a try that lets a reader in though a writer may be inside.
type withWriter struct {
	sync.RWMutex
}

func (l *withWriter) TryRLock() bool { return true }
func (l *withWriter) RLock()         {}
func (l *withWriter) RUnlock()       {}

// oneReader treats readers as writers.
type oneReader struct{ sync.Mutex }

func (l *oneReader) RLock()   { l.Lock() }
func (l *oneReader) RUnlock() { l.Unlock() }

// oneMore is a semaphore that counts wrongly by one.
type oneMore struct{ c chan struct{} }

func newOneMore(n int) *oneMore { return &oneMore{make(chan struct{}, n+1)} }

func (l *oneMore) Lock()   { l.c <- struct{}{} }
func (l *oneMore) Unlock() { <-l.c }

// lateSeq is a sequence lock whose writer counts at its end only, so that
// readers which come during a change believe what they see.
type lateSeq struct {
	mu  sync.Mutex
	seq atomic.Uint64
}

func (l *lateSeq) ways() []torture.Way {
	return []torture.Way{
		torture.Exclusive("Lock", l.mu.Lock, func() { l.seq.Add(2); l.mu.Unlock() }),
		{
			Name: "Begin", Mode: torture.Peek,
			Enter: func(h *torture.Hold) bool { h.Count = l.seq.Load(); return true },
			Retry: func(h *torture.Hold) bool { return h.Count != l.seq.Load() },
		},
	}
}
