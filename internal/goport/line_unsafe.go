//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"errors"
	"fmt"
	"math"
	"time"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"golang.org/x/sys/unix"
)

// Signals that a program requests as interrupts. Each has a line: what has come and
// has not been taken yet, and the CPU that is to serve it. The handler (line_amd64.s)
// is installed as InstallInterrupt does it. A signal comes to any thread that does not
// block it, most often one that is no CPU.

// Batch is what a line has: how often it was raised, when first, and when last,
// by Nanotime; the latter to within 256 ns, and 18 minutes after the first at most.
type Batch struct {
	Count       uint32
	First, Last int64
}

const (
	laterShift = 8 // of the time from the first to the last: units of 256 ns
	lineShift  = 7 // of a Line's size
)

// Line is the line of a signal or, without a handler, of something else. It must be
// aligned by 16: NewLine sees to that.
type Line struct {
	word   [2]uint64 // a Batch, changed by CMPXCHG16B only; see line_amd64.s
	seat   uintptr   // a Seat, 0: nobody has requested the signal
	chain  uintptr   // the handler that was there before; it stays for stragglers
	inside uint32    // handlers that run
	pass   uint32    // 1: the old handler gets the signal too

	sig int
	old sigaction
	_   [lineSize - 80]byte
}

const lineSize = 128

// Seat is how a handler finds a CPU.
type Seat struct {
	block  uintptr // its cpu.Block
	idle   uintptr // what its idle goroutine does, a uint32 of package gpm's: 0 awake, 2 in a futex, 3 parked
	thread uintptr // its thread's number, an int32
}

// Init makes s the seat of b. All of them outlive every line that has the seat.
//
//go:norace
func (s *Seat) Init(b *cpu.Block, idle *uint32, thread *int32) {
	*s = Seat{uintptr(unsafe.Pointer(b)), uintptr(unsafe.Pointer(idle)), uintptr(unsafe.Pointer(thread))}
}

const (
	lineSeat   = unsafe.Offsetof(Line{}.seat)
	lineChain  = unsafe.Offsetof(Line{}.chain)
	lineInside = unsafe.Offsetof(Line{}.inside)
	linePass   = unsafe.Offsetof(Line{}.pass)
	seatBlock  = unsafe.Offsetof(Seat{}.block)
	seatIdle   = unsafe.Offsetof(Seat{}.idle)
	seatThread = unsafe.Offsetof(Seat{}.thread)
)

const maxSignal = 64

// Words that line_amd64.s reads. lineTable never moves: it is no one's stack.
var (
	lineTable [(maxSignal+1)*lineSize + 16]byte
	lineBase         = (uintptr(unsafe.Pointer(&lineTable)) + 15) &^ 15
	lineBell  int32  = -1 // an eventfd, for CPUs that are parked
	bellRing  uint64 = 1
	_                = [1]struct{}{}[unsafe.Sizeof(Line{})-lineSize]
)

// linePC returns the address of line.
func linePC() uintptr

// casPair is compare-and-swap for a Line's word.
//
//go:noescape
func casPair(p *[2]uint64, old, new [2]uint64) bool

// line is the signal handler; declared for go vet.
func line()

func lineOf(sig int) *Line { return (*Line)(addr(lineBase + uintptr(sig)*lineSize)) }

// NewLine returns a line that is raised by Raise.
func NewLine() *Line {
	b := make([]byte, lineSize+16)
	off := -uintptr(unsafe.Pointer(&b[0])) & 15
	return (*Line)(unsafe.Pointer(&b[off]))
}

// Pending reports whether there is something to take. Context: any.
//
//go:norace
func (l *Line) Pending() bool { return uint32(l.word[1]) != 0 }

// Take takes what the line has. Context: any.
//
//go:norace
func (l *Line) Take() (b Batch) {
	for {
		old := l.word // perhaps torn: then the exchange fails
		if uint32(old[1]) == 0 {
			return Batch{}
		}
		if casPair(&l.word, old, [2]uint64{}) {
			return unpack(old)
		}
	}
}

//go:norace
func unpack(w [2]uint64) Batch {
	first := int64(w[0])
	return Batch{uint32(w[1]), first, first + int64(w[1]>>32<<laterShift)}
}

// Add adds b, which is not empty, and reports whether the line had nothing.
// Context: any.
//
//go:norace
func (l *Line) Add(b Batch) (first bool) {
	for {
		old := l.word
		first = uint32(old[1]) == 0
		sum := b
		if had := unpack(old); !first {
			sum = Batch{uint32(min(uint64(b.Count)+uint64(had.Count), math.MaxUint32)), min(b.First, had.First), max(b.Last, had.Last)}
		}
		later := min(uint64(sum.Last-sum.First)>>laterShift, math.MaxUint32)
		if casPair(&l.word, old, [2]uint64{uint64(sum.First), later<<32 | uint64(sum.Count)}) {
			return first
		}
	}
}

// Errors of OpenLine.
var (
	ErrSignal     = errors.New("no signal that can be requested")
	ErrSignalBusy = errors.New("the signal is taken")
)

// reserved are signals that have a use already.
var reserved = map[unix.Signal]string{
	unix.SIGKILL: "nobody can handle it", unix.SIGSTOP: "nobody can handle it",
	unix.SIGSEGV: "it is synchronous", unix.SIGBUS: "it is synchronous", unix.SIGFPE: "it is synchronous",
	unix.SIGILL: "it is synchronous", unix.SIGTRAP: "it is synchronous", unix.SIGSYS: "it is synchronous",
	unix.SIGABRT: "it is synchronous", unix.SIGSTKFLT: "it is synchronous", unix.SIGPIPE: "it is synchronous",
	unix.SIGPROF: "Go profiles with it", unix.SIGURG: "Go preempts with it",
	32: "the C library's", 33: "the C library's", 34: "the C library's",
}

// OpenLine makes line the handler of signal sig, for the CPU of seat; pass: the
// signal still goes to the handler that was there before, Go's. Calls for one signal
// do not overlap. Context: may block.
func OpenLine(sig int, seat *Seat, pass bool) (*Line, error) {
	if sig < 1 || sig > maxSignal {
		return nil, fmt.Errorf("%w: %d", ErrSignal, sig)
	}
	if why, ok := reserved[unix.Signal(sig)]; ok {
		return nil, fmt.Errorf("%w: %s: %s", ErrSignalBusy, signalName(sig), why)
	}
	if sig == interruptSignal {
		return nil, fmt.Errorf("%w: signal %d: the kernel's own interrupt", ErrSignalBusy, sig)
	}
	l := lineOf(sig)
	if cpu.LoadPtr(&l.seat) != 0 {
		return nil, fmt.Errorf("%w: %s has been requested", ErrSignalBusy, signalName(sig))
	}
	var old sigaction
	if err := rtSigaction(sig, nil, &old); err != nil {
		return nil, err
	}
	if old.handler != urgHandler {
		return nil, fmt.Errorf("%w: the handler of %s is not Go's", ErrSignalBusy, signalName(sig))
	}
	l.Take() // of stragglers, when it was freed
	l.sig, l.old, l.chain, l.pass = sig, old, old.handler, 0
	if pass {
		l.pass = 1
	}
	cpu.XchgPtr(&l.seat, uintptr(unsafe.Pointer(seat)))
	new := old
	new.handler = linePC()
	if err := rtSigaction(sig, &new, nil); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Close puts the old handler back, if ours is still there, and waits until no
// handler uses the line. Context: may block.
func (l *Line) Close() error {
	var now sigaction
	err := rtSigaction(l.sig, nil, &now)
	if err == nil && now.handler == linePC() {
		err = rtSigaction(l.sig, &l.old, nil)
	}
	l.SetSeat(nil)
	l.Take()
	return err
}

// SetSeat has another CPU told from now on: no handler tells the old one any more
// when it returns. Context: may block.
func (l *Line) SetSeat(s *Seat) {
	cpu.XchgPtr(&l.seat, uintptr(unsafe.Pointer(s)))
	for cpu.Load32(&l.inside) != 0 {
		time.Sleep(10 * time.Microsecond) // those who come now see the new seat, but hide the old
	}
}

// SetBell says which eventfd to write to for a CPU that is parked, -1: none.
func SetBell(fd int32) { cpu.Xchg32((*uint32)(unsafe.Pointer(&lineBell)), uint32(fd)) }

func signalName(sig int) string {
	if name := unix.SignalName(unix.Signal(sig)); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", sig)
}
