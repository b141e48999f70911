package lock_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/lock/lockdep"
	"github.com/gokern/gokern/lock/rcu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// The self-test of the validator, over the real locks: small sequences that it must
// catch, and such that it must not object to, each in a task of its own classes.
// The sequences are those of Linux's lib/locking-selftest.c, as far as they mean
// something here; selfTestLeftOut lists the others.

// What a case must be caught as: any of these; good: it must be let pass.
type verdict []error

var (
	good      verdict
	byOrder   = verdict{lockdep.ErrCircular, lockdep.ErrRecursive}
	byUsage   = verdict{lockdep.ErrInconsistent, lockdep.ErrIRQDependency, lockdep.ErrIRQInversion}
	byContext = verdict{lockdep.ErrWaitContext, lockdep.ErrSleepInAtomic, errSleeping}
	byUnlock  = verdict{lockdep.ErrDoubleUnlock, errLockBug, errNotHere}
	byInit    = verdict{lockdep.ErrInitHeld}
	byLock    = verdict{errLockBug} // the lock's own check
)

// Bugs that the locks raise themselves, told by their words.
var (
	errSleeping = errors.New("sleeping function called from")
	errLockBug  = errors.New("lock.*")
	errRCUBug   = errors.New("rcu.*")
	errNotHere  = errors.New("it is not held here")
)

func (v verdict) matches(err error) bool {
	if len(v) == 0 || err == nil {
		return len(v) == 0 && err == nil
	}
	for _, want := range v {
		var b *preempt.Bug
		if errors.Is(err, want) || errors.As(err, &b) && strings.Contains(b.What, strings.TrimSuffix(want.Error(), "*")) {
			return true
		}
	}
	return false
}

// unless returns v, or good if the condition is met.
func (v verdict) unless(met bool) verdict {
	if met {
		return good
	}
	return v
}

// selfTest runs the cases and counts.
type selfTest struct {
	t              *testing.T
	passed, failed int
	cells          []string // of the line under way
	running        atomic.String
}

// line begins the line of a case.
func (s *selfTest) line(name string) {
	s.flush()
	s.cells = []string{fmt.Sprintf("%-46s", name)}
}

func (s *selfTest) flush() {
	if len(s.cells) > 1 {
		s.t.Log(strings.Join(s.cells, " "))
	}
	s.cells = nil
}

// run runs one case. It is caught if the validator or a lock's own check says so.
func (s *selfTest) run(column string, want verdict, fn func(e *env)) {
	s.running.Store(strings.Join(s.cells, " ") + " " + column)
	lockdep.Reset()
	err := newEnv().try(fn)
	mark := "ok"
	if want.matches(err) {
		s.passed++
	} else {
		s.failed++
		mark = "FAILED"
		s.t.Errorf("%s: wanted %v, found: %v", s.running.Load(), want, err)
	}
	s.cells = append(s.cells, column+":"+mark)
}

// env is what one case has.
type env struct {
	readers int // of RCU
}

func newEnv() *env { return new(env) }

// try runs fn until it ends or something is caught, and puts the context in which
// it then is back to a task's.
func (e *env) try(fn func(e *env)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			var ok bool
			if err, ok = r.(error); !ok || !errors.Is(err, preempt.ErrBug) {
				panic(r)
			}
		}
		// What is held stays so; nobody wants to hear that again.
		defer lockdep.SetHandler(lockdep.SetHandler(func(*lockdep.Report) {}))
		for ; e.readers > 0; e.readers-- {
			rcu.ReadUnlock()
		}
		for _, unit := range []uint32{preempt.HardIRQOffset, preempt.SoftIRQOffset, preempt.PreemptOffset} {
			mask := map[uint32]uint32{preempt.HardIRQOffset: preempt.HardIRQMask, preempt.SoftIRQOffset: preempt.SoftIRQMask, preempt.PreemptOffset: preempt.PreemptMask}[unit]
			for preempt.Count()&mask != 0 {
				preempt.SubCount(unit)
			}
		}
		signals.IRQEnable()
	}()
	fn(e)
	return nil
}

// rcuRead runs fn as a reader.
func (e *env) rcuRead(fn func()) {
	rcu.ReadLock()
	e.readers++
	fn()
	e.readers--
	rcu.ReadUnlock()
}

// An irq is one kind of interrupt: how its handler is entered, and how it is
// masked.
type irq struct {
	name            string
	enter           func(fn func())
	disable, enable func()
}

var irqs = []irq{
	{"hard", func(fn func()) {
		f := signals.IRQSave()
		preempt.AddCount(preempt.HardIRQOffset)
		fn()
		preempt.SubCount(preempt.HardIRQOffset)
		signals.IRQRestore(f)
	}, signals.IRQDisable, signals.IRQEnable},
	{"soft", func(fn func()) {
		preempt.AddCount(preempt.SoftIRQOffset)
		fn()
		preempt.SubCount(preempt.SoftIRQOffset)
	}, signals.BHDisable, signals.BHEnable},
}

// permutations returns all orders of 0 to n-1.
func permutations(n int) (all [][]int) {
	var p []int
	var extend func()
	extend = func() {
		if len(p) == n {
			all = append(all, append([]int(nil), p...))
			return
		}
	next:
		for i := range n {
			for _, j := range p {
				if i == j {
					continue next
				}
			}
			p = append(p, i)
			extend()
			p = p[:len(p)-1]
		}
	}
	extend()
	return all
}

// orders runs the parts, made anew each time, in all orders.
func (s *selfTest) orders(column string, want verdict, parts func(e *env) []func()) {
	for _, order := range permutations(len(parts(newEnv()))) {
		digits := ""
		for _, i := range order {
			digits += fmt.Sprint(i + 1)
		}
		s.run(column+"/"+digits, want, func(e *env) {
			p := parts(e)
			for _, i := range order {
				p[i]()
			}
		})
	}
}

// selfTestLeftOut are Linux's cases that have no meaning here.
var selfTestLeftOut = []struct{ cases, why string }{
	{"fs_reclaim (3)", "no allocation here frees memory by taking locks: the collector is Go's"},
	{"wait context, RCU-bh as the outer one", "there is one kind of RCU reader, besides preemption or softirqs off"},
	{"mutex, rwsem and rtmutex in interrupts", "as in Linux: they may not be taken there at all, which the wait contexts test"},
}

func TestSelfTest(t *testing.T) {
	k := kerneltest.Boot(t, gpm.Config{CPUs: 1})
	was := lockdep.On()
	lockdep.Enable()
	defer func() {
		lockdep.Reset()
		if !was {
			lockdep.Disable()
		}
	}()
	defer lockdep.SetHandler(lockdep.SetHandler(nil)) // panic
	s := &selfTest{t: t}
	task, err := k.Spawn(gpm.Attr{Name: "selftest"}, func() {
		lockdep.SetThreadedIRQs(true)
		defer lockdep.SetThreadedIRQs(false)
		s.orderCases()
		s.readerCases()
		s.irqCases()
		s.irqReaderCases()
		s.nestCases()
		s.wwCases()
		s.waitCases()
		s.localCases()
		s.rcuCases()
		s.flush()
	})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := task.Wait(ctx); err != nil {
		t.Fatalf("%v: at %s", err, s.running.Load())
	}
	for _, l := range selfTestLeftOut {
		t.Logf("left out: %s: %s", l.cases, l.why)
	}
	t.Logf("%d passed, %d failed", s.passed, s.failed)
}
