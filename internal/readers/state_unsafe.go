//go:build linux && amd64 && go1.25 && !go1.28

package readers

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// seat is one CPU's part in the grace period.
type seat struct {
	b     *cpu.Block
	snap  uint64 // b.Quiet at the begin
	waits bool   // no quiescent state has been seen since
}

// list is a ring of tasks, by their Reading, through head.
type list struct{ head goport.Task }

// state is protected by its lock, which is taken on g0 only: by the switch, for
// tasks that leave in a section, so never for long.
var state struct {
	lock   uint32
	seq    uint64 // grace periods begun and ended: odd while one is under way
	wanted uint64 // the highest seq that somebody waits for
	seats  []seat
	now    list   // tasks that the grace period under way waits for
	later  list   // tasks in sections that have begun after it
	left   uint32 // tasks that have ended in a section, until TakeLeft

	started uint32 // 1: SetCPUs has been called
}

func init() {
	state.now.init()
	state.later.init()
}

//go:norace
func (l *list) init() { l.head.Reading.Next, l.head.Reading.Prev = &l.head, &l.head }

//go:norace
func (l *list) empty() bool { return l.head.Reading.Next == &l.head }

//go:norace
func (l *list) add(t *goport.Task) {
	last := l.head.Reading.Prev
	t.Reading.Prev, t.Reading.Next = last, &l.head
	last.Reading.Next, l.head.Reading.Prev = t, t
	t.Reading.Listed = true
}

// remove takes t off the list that it is on.
//
//go:norace
func remove(t *goport.Task) {
	t.Reading.Prev.Reading.Next = t.Reading.Next
	t.Reading.Next.Reading.Prev = t.Reading.Prev
	t.Reading.Next, t.Reading.Prev, t.Reading.Listed = nil, nil, false
}

// take moves all of from, which is not empty, to l, which is.
//
//go:norace
func (l *list) take(from *list) {
	first, last := from.head.Reading.Next, from.head.Reading.Prev
	l.head.Reading.Next, l.head.Reading.Prev = first, last
	first.Reading.Prev, last.Reading.Next = &l.head, &l.head
	from.init()
}

//go:norace
func lock() {
	for spins := 0; !cpu.Cas32(&state.lock, 0, 1); spins++ {
		if spins < 200 {
			cpu.Pause()
		} else {
			cpu.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0, 0, 0, 0) // Linux has taken the holder's thread away
		}
	}
}

//go:norace
func unlock() { cpu.Release32(&state.lock, 0) }

// begin starts a grace period. The lock is held; taking it was the barrier
// between what the updater did and the looks at the CPUs.
//
//go:norace
func begin() {
	state.seq++
	for i := range state.seats {
		s := &state.seats[i]
		s.snap, s.waits = s.b.Quiet, true
	}
	if !state.later.empty() {
		state.now.take(&state.later)
	}
}

// over reports whether the grace period under way may end. own is the caller's
// CPU if that is in no section now, else nil. The lock is held.
//
//go:norace
func over(own *cpu.Block) bool {
	all := true
	for i := range state.seats {
		s := &state.seats[i]
		if s.waits && (s.b.Current == nil || s.b.Quiet != s.snap || s.b == own) {
			s.waits = false
		}
		all = all && !s.waits
	}
	return all && state.now.empty()
}

// seatOf returns the seat of CPU b.
//
//go:norace
func seatOf(b *cpu.Block) *seat {
	if i := int(b.ID); i < len(state.seats) && state.seats[i].b == b {
		return &state.seats[i]
	}
	return nil
}

// setCPUs is what SetCPUs passes to g0.
type setCPUs struct{ seats []seat }

//go:norace
func setOnG0(p unsafe.Pointer) {
	a := (*setCPUs)(p)
	lock()
	state.seats = a.seats
	unlock()
	cpu.Store32(&state.started, 1)
}

// SetCPUs says which virtual CPUs there are, in the order of their IDs; none of
// them runs a task. Context: any goroutine.
func SetCPUs(blocks []*cpu.Block) {
	raceSet(blocks)
	goport.OnG0(setOnG0, unsafe.Pointer(newSetCPUs(blocks)))
}

// newSetCPUs is not instrumented, for code on g0 reads what it makes.
//
//go:norace
func newSetCPUs(blocks []*cpu.Block) *setCPUs {
	a := &setCPUs{make([]seat, len(blocks))}
	for i, b := range blocks {
		a.seats[i].b = b
	}
	return a
}
