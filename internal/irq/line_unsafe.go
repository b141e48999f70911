//go:build linux && amd64 && go1.25 && !go1.28

package irq

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// Line is what raises a requested interrupt: a signal's handler, or Add.
type Line struct{ l *goport.Line }

// NewLine returns a line that Add raises.
func NewLine() *Line { return &Line{goport.NewLine()} }

// OpenSignal returns the line of signal sig, whose handler has CPU c serve it, and
// with pass calls Go's too. Calls do not overlap. Context: may block. Errors:
// ErrSource, ErrBusy, or what Linux says.
func OpenSignal(sig os.Signal, c *CPU, pass bool) (*Line, error) {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return nil, fmt.Errorf("%w: signal %v", ErrSource, sig)
	}
	if err := openBell(); err != nil {
		return nil, err
	}
	l, err := goport.OpenLine(int(number), &c.seat, pass)
	switch {
	case errors.Is(err, goport.ErrSignal):
		return nil, fmt.Errorf("%w: %w", ErrSource, err)
	case errors.Is(err, goport.ErrSignalBusy):
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	case err != nil:
		return nil, err
	}
	return &Line{l}, nil
}

// Close puts the signal's old handler back, and what the line has is forgotten.
// Context: may block.
func (l *Line) Close() error { return l.l.Close() }

// SetCPU has the handler tell c. What came before may have been told to the CPU
// before. Context: may block.
func (l *Line) SetCPU(c *CPU) { l.l.SetSeat(&c.seat) }

// Pending reports whether there is something to take. Context: any.
func (l *Line) Pending() bool { return l.l.Pending() }

// Take takes what there is; a Count of 0: nothing. Context: any.
func (l *Line) Take() Batch { return Batch(l.l.Take()) }

// Add adds b, and reports whether there was nothing before. Context: any.
func (l *Line) Add(b Batch) (first bool) { return l.l.Add(goport.Batch(b)) }

// WakeIRQ has c's interrupt task look at the lines. Context: any.
func (c *CPU) WakeIRQ() { c.wakeWorker(&c.irq) }

// LinesDue has c's interrupt task look at the lines, because a handler has asked for
// that. Context: g0, no lock held.
//
//go:norace
func (c *CPU) LinesDue() {
	if cpu.Xchg32(&c.b.LineDue, 0) != 0 {
		c.acquire()
		c.wake(&c.irq)
		c.release()
	}
}

//go:norace
func linesDueOnG0(p unsafe.Pointer) { (*CPU)(p).LinesDue() }

func (c *CPU) lookAtLines() { goport.CallOnG0(linesDueOnG0, unsafe.Pointer(c)) }
