package signals

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
)

// IRQSource is what an interrupt comes from.
type IRQSource struct {
	sig    os.Signal
	file   int
	isFile bool
}

// IRQSignal is a POSIX signal, of the process or of any of its threads. Context: any.
func IRQSignal(sig os.Signal) IRQSource { return IRQSource{sig: sig} }

// IRQFile is an eventfd or a timerfd. It must not block (EFD_NONBLOCK,
// TFD_NONBLOCK), and only the kernel reads it, for one request at a time. It stays
// the caller's, who closes it after Free. Context: any.
func IRQFile(fd int) IRQSource { return IRQSource{file: fd, isFile: true} }

// IRQEvent is a batch of interrupts of one source: those that came since the last.
type IRQEvent struct {
	Count uint32 // of signals, or what was read from the descriptor
	// When the first and the last came, by Now. Of a signal that is when its handler
	// ran, the last to within 256 ns; of a descriptor when it was read. A batch may
	// have times before the last one's: handlers run on any thread.
	First, Last time.Duration
}

// IRQReturn is what a primary handler says. Linux: irqreturn_t.
type IRQReturn int

const (
	// IRQNone: the interrupt is not the handler's. It is counted as unhandled.
	IRQNone IRQReturn = iota
	// IRQHandled: nothing more is to be done.
	IRQHandled
	// IRQWakeThread: the thread is to do the rest.
	IRQWakeThread
)

// IRQOptions say how an interrupt is served.
type IRQOptions struct {
	// Name is for Interrupts and the thread's task.
	Name string
	// Priority of the handler's thread, a FIFO task: 1 to 99, 0 means 50.
	Priority int
	// CPU serves it, and runs its thread; while it is offline that runs elsewhere.
	CPU int
	// Primary, if it is not nil, is called first, as a hard interrupt: it must not
	// block. It decides whether the thread is woken.
	Primary func(*IRQ, IRQEvent) IRQReturn
	// OneShot keeps the line masked from when the thread is woken until its handler
	// has returned: what comes meanwhile waits, and is one batch. Linux:
	// IRQF_ONESHOT.
	OneShot bool
	// NoAutoEnable has the line wait for Enable. Linux: IRQF_NO_AUTOEN.
	NoAutoEnable bool
	// Shared leaves a signal to Go's handler as well: os/signal.Notify works as
	// before, and a signal for which nobody has called it does what it does to a Go
	// program. For signals only.
	Shared bool
}

const defaultIRQPriority = 50 // Linux: MAX_RT_PRIO / 2

// IRQ is a requested interrupt. Linux: struct irq_desc and struct irqaction.
//
// Its line holds what has come and is not served. Who may serve it is decided by
// words that are changed by locked instructions, in the order of Dekker's
// algorithm: who serves says so (serving) and then looks whether the line is off;
// who switches it off waits until nobody serves. Whoever finds that he may not
// serve leaves the line as it is, and who makes it possible again looks at it.
type IRQ struct {
	name    string // in Interrupts
	what    string
	handler func(*IRQ, IRQEvent)
	o       IRQOptions

	source IRQSource
	line   *irq.Line
	file   *irq.File           // nil: a signal
	move   func(*irq.CPU) bool // moves the thread
	task   atomic.Value        // what runs the thread

	on      atomic.Int32  // the CPU that serves it
	depth   atomic.Int32  // of Disable
	masked  atomic.Bool   // until the thread has done what it was woken for
	closing atomic.Bool   // Free has begun
	serving atomic.Bool   // a CPU takes what the line has, and runs Primary
	woken   atomic.Uint64 // how often the thread was, by who serves
	done    atomic.Uint64 // the last of those for which it has done what there was
	moving  sync.Mutex    // serialises SetAffinity, and the beginning of Free

	rest                   *irq.Line // what the thread is to do
	wake                   chan struct{}
	ended                  sync.WaitGroup // its tasks
	gone                   chan struct{}  // closed by Free
	served                 [cpu.MaxCPUs]atomic.Uint64
	events, unhandled, ran atomic.Uint64
}

// irqs are the requested interrupts of the running kernel.
var irqs struct {
	sync.Mutex
	list   atomic.Pointer[[]*IRQ] // replaced under the lock, never changed
	closed bool                   // the kernel ends
}

// RequestIRQ has handler called for interrupts from source, in a task of its own
// of the option's priority: once for all that came since the last time. It may block.
// nil, with a Primary: there is no such task. At the end of the kernel, or by Free,
// all is as before. Signals that Go, the kernel or another request uses cannot be
// had, nor those that are ignored or have a handler that is not Go's, nor a descriptor
// that another request uses. os/signal.Ignore takes a signal away. Context: may block.
// Errors: ErrIRQSource, ErrIRQBusy, ErrPriority, ErrCPU if there is no such CPU,
// ErrShutdown, ErrContext.
// Linux: request_threaded_irq().
func RequestIRQ(source IRQSource, handler func(*IRQ, IRQEvent), options IRQOptions) (*IRQ, error) {
	if err := irq.CheckBlock("RequestIRQ"); err != nil {
		return nil, err
	}
	i := &IRQ{source: source, handler: handler, o: options, rest: irq.NewLine(), wake: make(chan struct{}, 1), gone: make(chan struct{})}
	if i.o.Priority == 0 {
		i.o.Priority = defaultIRQPriority
	}
	switch {
	case i.o.Priority < 1 || i.o.Priority > irq.MaxPriority:
		return nil, fmt.Errorf("%w: %d, want 0 to %d", ErrPriority, i.o.Priority, irq.MaxPriority)
	case handler == nil && options.Primary == nil:
		return nil, fmt.Errorf("%w: no handler", ErrIRQSource)
	}
	irqs.Lock()
	defer irqs.Unlock()
	c, err := cpuAt(options.CPU)
	if err != nil {
		return nil, err
	}
	if irqs.closed || !c.EnsureIRQ() {
		return nil, ErrShutdown
	}
	i.on.Store(int32(options.CPU))
	if options.NoAutoEnable {
		i.depth.Store(1)
	}
	if err := i.open(source, c); err != nil {
		return nil, err
	}
	if handler != nil {
		i.ended.Add(1)
		i.move = irq.SpawnMovable(c, i.o.Priority, "irq/"+i.name+" "+options.Name, i.thread)
	}
	old := irqs.list.Load()
	list := []*IRQ{i}
	if old != nil {
		list = append(append(list, *old...)[1:], i)
	}
	irqs.list.Store(&list)
	i.look() // it may have come already
	if i.file != nil {
		i.ended.Add(1)
		irq.SpawnMovable(nil, irq.LevelIRQ, "irq/"+i.name+" reader", i.read)
	}
	return i, nil
}

// open opens the source. irqs is locked.
func (i *IRQ) open(source IRQSource, c *irq.CPU) (err error) {
	switch {
	case source.isFile && i.o.Shared:
		return fmt.Errorf("%w: a descriptor cannot be shared", ErrIRQSource)
	case source.isFile:
		if taken(source) {
			return fmt.Errorf("%w: descriptor %d, of another request", ErrIRQBusy, source.file)
		}
		if i.file, err = irq.OpenFile(source.file); err != nil {
			return err
		}
		i.line = irq.NewLine()
		i.name, i.what = "F"+strconv.Itoa(source.file), i.file.Name()
	case source.sig == nil:
		return fmt.Errorf("%w: no signal", ErrIRQSource)
	default:
		if i.line, err = irq.OpenSignal(source.sig, c, i.o.Shared); err != nil {
			return err
		}
		i.name, i.what = fmt.Sprintf("S%d", source.sig), source.sig.String()
	}
	if i.o.Name != "" {
		i.what += "   " + i.o.Name
	}
	return nil
}

// taken reports whether a descriptor has been requested: two readers would share out its
// events. irqs is locked.
func taken(source IRQSource) bool {
	list := irqs.list.Load()
	if list == nil {
		return false
	}
	return slices.ContainsFunc(*list, func(i *IRQ) bool { return i.source.isFile && i.source.file == source.file })
}

// IRQStats is what has become of a line's interrupts.
type IRQStats struct {
	Events    uint64 // that were taken from the line
	Served    uint64 // batches of them
	Unhandled uint64 // batches to which Primary said IRQNone
	Threaded  uint64 // calls of the thread's handler
}

// Stats returns the line's counts. Context: any.
func (i *IRQ) Stats() IRQStats {
	s := IRQStats{Events: i.events.Load(), Unhandled: i.unhandled.Load(), Threaded: i.ran.Load()}
	for n := range i.served {
		s.Served += i.served[n].Load()
	}
	return s
}

// irqTable is table for the requested interrupts.
func irqTable() (all []Interrupt) {
	list := irqs.list.Load()
	if list == nil {
		return nil
	}
	for _, i := range *list {
		line := Interrupt{Name: i.name, What: i.what}
		for n := range irq.All() {
			line.CPUs = append(line.CPUs, i.served[n].Load())
		}
		all = append(all, line)
	}
	return all
}
