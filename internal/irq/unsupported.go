//go:build !(linux && amd64 && go1.25 && !go1.28)

package irq

import (
	"os"
	"time"

	"github.com/gokern/gokern/internal/cpu"
)

// Where there is no kernel there is no CPU, and what asks for one gets none.

// CPU is a virtual CPU; there is none.
type CPU struct{ Counts Counts }

func (*CPU) Raise(int)                       {}
func (*CPU) Pending() uint32                 { return 0 }
func (*CPU) TakePending() uint32             { return 0 }
func (*CPU) PendingWord() *uint32            { return new(uint32) }
func (*CPU) ID() int                         { return -1 }
func (*CPU) Online() bool                    { return false }
func (*CPU) Block() *cpu.Block               { return nil }
func (*CPU) Device() Device                  { return Device{} }
func (*CPU) EnsureIRQ() bool                 { return false }
func (*CPU) WakeSoftIRQD()                   {}
func (*CPU) EnsureStopper() bool             { return false }
func (*CPU) WakeStopper()                    {}
func (*CPU) Begin(context, level int) *Timer { return nil }
func (*CPU) End(*Timer, bool)                {}
func (*CPU) Queue(*Work) error               { return ErrShutdown }
func (*CPU) TakeWork() *Work                 { return nil }
func (*CPU) WakeIRQ()                        {}

// Line is a line; there is none.
type Line struct{}

func NewLine() *Line                                  { return new(Line) }
func OpenSignal(os.Signal, *CPU, bool) (*Line, error) { return nil, ErrShutdown }
func (*Line) Pending() bool                           { return false }
func (*Line) Take() Batch                             { return Batch{} }
func (*Line) Add(Batch) bool                          { return false }
func (*Line) SetCPU(*CPU)                             {}
func (*Line) Close() error                            { return nil }
func CloseBell()                                      {}

// File is a descriptor that raises a line; there is none.
type File struct{}

func OpenFile(int) (*File, error)  { return nil, ErrShutdown }
func (*File) Name() string         { return "" }
func (*File) Wait() (uint32, bool) { return 0, false }
func (*File) Stop()                {}
func (*File) Close() error         { return nil }

// Watch wakes nobody.
type Watch struct{}

func (*Watch) Sleep()    {}
func (*Watch) Wake()     {}
func (*Watch) Want(bool) {}

// Worker is a task of the kernel's own; there is none.
type Worker struct{}

func (*Worker) Sleep() bool { return false }
func (*Worker) Ended()      {}

// Never called.
var (
	MainIRQ      func(c *CPU, w *Worker)
	MainSoftIRQD func(c *CPU, w *Worker)
	MainStopper  func(c *CPU, w *Worker)
	MainThread   func(c *CPU, w *Worker, level int)
)

// Timer is a timer with a callback; it never starts.
type Timer struct {
	Context uint8
	Level   uint8
	Fire    func() bool
	Race    uint32
	User    any
	when    int64
}

func (*Timer) Start(*CPU, int64) error      { return ErrShutdown }
func (*Timer) Cancel() int                  { return 0 }
func (*Timer) Look() (active, running bool) { return false, false }
func (t *Timer) When() int64                { return t.when }
func (t *Timer) SetWhen(when int64) bool    { t.when = when; return true }
func (*Timer) CPU() *CPU                    { return nil }

func All() []*CPU     { return nil }
func Here() *CPU      { return nil }
func Timed() bool     { return false }
func Stopping() bool  { return false }
func Relax(int)       {}
func Refuse()         {}
func EndWorkers(bool) {}
func Gone()           {}

var start = time.Now()

// Now returns the time since the program's start.
func Now() int64 { return int64(time.Since(start)) }
