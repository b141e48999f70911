// Package busted has locks that are broken on purpose, each in one of the usual
// ways. The torture must catch every one of them. Linux: locktorture's lock_busted.
package busted

import (
	"github.com/gokern/gokern/internal/torture"
)

// Broken returns locks whose breach is seen as it happens. cpus is the number of
// virtual CPUs.
func Broken(cpus int) []torture.Subject {
	return []torture.Subject{
		{Name: "nothing", New: func() []torture.Way { return torture.Ways(nothing{}) }},
		{Name: "test_then_set", New: func() []torture.Way { return torture.Ways(&testThenSet{}) }},
		{Name: "lying_try", New: func() []torture.Way { return torture.Ways(&lyingTry{}) }},
		{Name: "writer_with_readers", New: func() []torture.Way { return torture.Ways(&withReaders{}) }},
		{Name: "reader_with_writer", New: func() []torture.Way { return torture.Ways(&withWriter{}) }},
		{Name: "one_more", Limit: 3, New: func() []torture.Way { return torture.Ways(newOneMore(3)) }},
		{Name: "preemptible_percpu", Places: cpus, New: func() []torture.Way { return []torture.Way{preemptible} }},
		{Name: "late_seqcount", Atomic: true, New: func() []torture.Way { return (&lateSeq{}).ways() }},
	}
}

// Sluggish returns locks that let in too few, which is seen at the end.
func Sluggish() []torture.Subject {
	return []torture.Subject{
		{Name: "one_reader", Overlap: true, New: func() []torture.Way { return torture.Ways(&oneReader{}) }},
		{Name: "one_less", Limit: 3, Overlap: true, New: func() []torture.Way { return torture.Ways(newOneMore(1)) }},
	}
}

// Stuck returns locks that leave somebody waiting for ever.
func Stuck() []torture.Subject {
	f, s := &forgetful{}, &unfair{}
	return []torture.Subject{
		{Name: "forgetful", NoNest: true, New: func() []torture.Way { return torture.Ways(f) }, Free: f.free},
		{Name: "unfair", NoNest: true, New: func() []torture.Way { return s.ways() }, Free: s.free},
	}
}

// Timid returns a lock whose try fails without reason: nothing inside a section
// shows it, but a history does.
func Timid() torture.Subject {
	return torture.Subject{Name: "timid_try", New: func() []torture.Way { return torture.Ways(&timidTry{}) }}
}
