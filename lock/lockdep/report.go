package lockdep

import (
	"errors"

	"github.com/gokern/gokern/preempt"
)

// What a Report is, for errors.Is. All are preempt.ErrBug, too.
var (
	ErrRecursive     = errors.New("possible recursive locking")
	ErrCircular      = errors.New("possible circular locking dependency")
	ErrIRQDependency = errors.New("an irq-safe lock leads to an irq-unsafe one")
	ErrInconsistent  = errors.New("inconsistent lock state: taken in an interrupt, and held with interrupts enabled")
	ErrIRQInversion  = errors.New("possible irq lock inversion")
	ErrWaitContext   = errors.New("invalid wait context")
	ErrSleepInAtomic = errors.New("sleeping function called from invalid context")
	ErrDoubleUnlock  = errors.New("bad unlock balance: the lock is not held")
	ErrNotOwner      = errors.New("bad unlock balance: another holds the lock")
	ErrInitHeld      = errors.New("initialising a held lock")
	ErrFreeHeld      = errors.New("held lock freed")
	ErrHeldAtExit    = errors.New("locks held at the end of a task")
	ErrHeldAtReturn  = errors.New("locks held at return")
	ErrNestNotHeld   = errors.New("nest lock not held")
	ErrDeadlock      = errors.New("deadlock")
)

// problem is a kind of Report.
type problem uint8

const (
	recursive problem = iota
	circular
	unsafeDependency
	inconsistent
	inversion
	waitProblem
	sleepInAtomic
	doubleUnlock
	notOwner
	initHeld
	freeHeld
	heldAtExit
	heldAtReturn
	nestProblem
	deadlock
	problems
)

var problemErrors = [problems]error{
	ErrRecursive, ErrCircular, ErrIRQDependency, ErrInconsistent, ErrIRQInversion, ErrWaitContext, ErrSleepInAtomic, ErrDoubleUnlock,
	ErrNotOwner, ErrInitHeld, ErrFreeHeld, ErrHeldAtExit, ErrHeldAtReturn, ErrNestNotHeld, ErrDeadlock,
}

// Report is one problem that the validator has found. It is an error; its text
// is made when asked for, outside of the context in which it was found.
type Report struct {
	next *Report // in the pool

	kind    problem
	task    taskRef // that found it; nil: an ordinary goroutine
	goid    uint64
	cpu     int32 // -1: none
	count   uint32
	hardOff bool
	context uint8
	op      string // what was to be done
	where   trace

	links  [maxLinks]link // dependencies, each from the To of the one before
	nlinks int32
	cut    bool // there are more

	safe, unsafe usedClass // taken in an interrupt; held while it may come
	soft         bool      // it is a softirq

	locks  [maxLocks]holding // involved, or held by the caller, outermost first
	nlocks int32
}

const (
	maxLinks = 16
	maxLocks = 16
)

// classInfo is a class as a Report knows it.
type classInfo struct {
	key   uint32
	kind  Kind
	sub   uint8
	first trace // where one was first taken
}

// link is one dependency: a lock of one class was held (outer) when one of
// another was taken (inner).
type link struct {
	from, to     classInfo
	dep          dep
	outer, inner trace
}

type usedClass struct {
	class classInfo
	where trace
	read  bool
}

// holding is one lock that a goroutine holds or waits for.
type holding struct {
	class   classInfo
	mode    Mode
	waiting bool
	context uint8
	goid    uint64
	task    taskRef
	cpu     int32
	where   trace
}

// Unwrap returns the kind of problem and preempt.ErrBug.
func (r *Report) Unwrap() []error { return []error{problemErrors[r.kind], preempt.ErrBug} }

// Task returns the number and name of the task that did it; 0 and "" for an
// ordinary goroutine.
func (r *Report) Task() (id int64, name string) { return r.task.id, r.task.name }

// Goroutine returns the number of the goroutine that did it.
func (r *Report) Goroutine() uint64 { return r.goid }

// CPU returns the number of its CPU then, -1 outside a task.
func (r *Report) CPU() int { return int(r.cpu) }

// Classes returns the names of the classes involved.
func (r *Report) Classes() (names []string) {
	add := func(c *classInfo) {
		name := c.String()
		for _, n := range names {
			if n == name {
				return
			}
		}
		names = append(names, name)
	}
	for i := range r.links[:r.nlinks] {
		add(&r.links[i].from)
		add(&r.links[i].to)
	}
	if r.unsafe.class.key != 0 {
		add(&r.safe.class)
		add(&r.unsafe.class)
	}
	for i := range r.locks[:r.nlocks] {
		add(&r.locks[i].class)
	}
	return names
}

// Modes returns how the locks involved were to be taken, or are held, in the order
// of the text.
func (r *Report) Modes() (modes []Mode) {
	for i := range r.locks[:r.nlocks] {
		modes = append(modes, r.locks[i].mode)
	}
	return modes
}
