package lockdep

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
	"unsafe"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// onG0 says that the engine runs on g0. Where that is not possible there are no
// tasks, so a mutex around it does as well.
var onG0 bool

var portable sync.Mutex

// call is one call of the engine: what is asked, by whom, and the answer. It
// lives on the caller's stack.
type call struct {
	op op

	located, again bool // the caller's place is known; it is needed

	kind Kind
	mode Mode
	try  bool
	sub  uint8

	context uint8 // hardIRQ or softIRQ: the one that is being served
	hardOff bool  // hard interrupts are masked
	softOff bool  // softirqs are disabled
	count   uint32

	m, nest *Map
	name    string // what is done, for a report

	g    uintptr
	goid uint64
	task taskRef
	cpu  int32
	at   trace  // where
	hash uint64 // of that

	// The answer.
	yes   bool
	found *Report
	undo  bool   // release what has not been got, without complaint
	full  uint32 // limits met for the first time
	snap  *snapshot
	stats Stats

	records *record // for opRefill
	reports *Report
}

// identify fills in who calls.
func (c *call) identify() {
	if onG0 {
		c.g, c.goid = goport.Self()
		return
	}
	var buf [64]byte
	text := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	text, _, _ = bytes.Cut(text, []byte(" "))
	c.goid, _ = strconv.ParseUint(string(text), 10, 64)
	c.g = uintptr(c.goid)
}

// locate fills in who calls, and from where.
func (c *call) locate() {
	c.identify()
	c.task = refTo(gpm.Current())
	c.where()
	c.located = true
}

// runLazily has the engine execute c, and looks where that comes from only if the
// engine wants to know, which is rare.
func (c *call) runLazily() {
	c.identify()
	if c.run(); c.again {
		c.again = false
		c.locate()
		c.run()
	}
}

// taskRef says which task it was, also when it has ended. The zero value is none:
// an ordinary goroutine.
type taskRef struct {
	id   int64
	name string
}

func refTo(t *gpm.Task) taskRef {
	if t == nil {
		return taskRef{}
	}
	return taskRef{t.ID(), t.Name()}
}

// run has the engine execute c.
func (c *call) run() {
	if onG0 {
		goport.CallOnG0(engineOnG0, unsafe.Pointer(c))
	} else {
		portable.Lock()
		engineOnG0(unsafe.Pointer(c))
		portable.Unlock()
	}
	if c.op != opRefill && eng.pool.low() && preempt.Count() == 0 && !signals.IRQsDisabled() {
		refill()
	}
}

//go:norace
func engineOnG0(p unsafe.Pointer) { (*call)(p).execute() }

// add has the engine keep s.
func (s *newStack) add() trace {
	if onG0 {
		goport.CallOnG0(keepOnG0, unsafe.Pointer(s))
	} else {
		portable.Lock()
		eng.keep(s)
		portable.Unlock()
	}
	if s.full {
		tellFull(fullStacks)
	}
	return s.at
}

//go:norace
func keepOnG0(p unsafe.Pointer) { eng.keep((*newStack)(p)) }
