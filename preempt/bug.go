package preempt

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
)

// ErrBug is what every Bug is, for errors.Is.
var ErrBug = errors.New("gokern: BUG")

// Bug is a broken rule: what the rule is, who broke it, and the preempt_count
// (without need-resched) at that moment.
type Bug struct {
	What   string
	Caller string // the function, file and line outside gokern that did it; of a callback that has returned, its own
	Count  uint32
	Stack  string // for a rule that was broken earlier than it is reported
}

// Error says it in one line, or with the stack below. Context: any that may allocate.
func (b *Bug) Error() string {
	s := fmt.Sprintf("BUG: %s: %s (preempt_count %#x)", b.What, b.Caller, b.Count)
	if b.Stack != "" {
		s += "\n" + b.Stack
	}
	return s
}

// Unwrap returns ErrBug. Context: any.
func (b *Bug) Unwrap() error { return ErrBug }

var bugHandler atomic.Pointer[func(*Bug)]

// SetBugHandler has f called for each Bug, in the context of the caller that
// broke the rule, instead of a panic with it; f may panic itself. What broke
// the rule has no effect: a count that would go below zero stays zero. nil
// restores the panic. It returns the handler before. Context: any goroutine.
func SetBugHandler(f func(*Bug)) (old func(*Bug)) {
	p := &f
	if f == nil {
		p = nil
	}
	if o := bugHandler.Swap(p); o != nil {
		return *o
	}
	return nil
}

// bug reports a broken rule by the caller outside this module.
func bug(what string) { raise(&Bug{What: what, Caller: caller(), Count: Count()}) }

func raise(b *Bug) {
	if f := bugHandler.Load(); f != nil {
		(*f)(b)
		return
	}
	panic(b)
}

// Raise reports a Bug of another package of this module. Context: any. Not for users.
func Raise(what string) { bug(what) }

// RaiseOf is Raise for what callback, a function of users', has done and returned from:
// it is nobody's caller any more. nil: not known. Context: any. Not
// for users.
func RaiseOf(what string, callback any) {
	b := &Bug{What: what, Caller: unknown, Count: Count()}
	if v := reflect.ValueOf(callback); v.Kind() == reflect.Func && !v.IsNil() {
		frames := runtime.CallersFrames([]uintptr{v.Pointer() + 1})
		f, more := frames.Next()
		for more { // the last: what begins with a call that is inlined has others before
			f, more = frames.Next()
		}
		b.Caller = describe(f)
	}
	raise(b)
}

const unknown = "unknown"

const module = "github.com/gokern/gokern/"

// caller returns the nearest caller outside the module's packages (its tests
// and programs count as outside) and the runtime, which is below all of them, and
// between what is deferred and whoever did that.
func caller() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if outside(f) {
			return describe(f)
		}
		if !more {
			return unknown
		}
	}
}

func outside(f runtime.Frame) bool {
	if f.Function == "" || strings.HasPrefix(f.Function, "runtime.") {
		return false
	}
	rest, ok := strings.CutPrefix(f.Function, module)
	if !ok || strings.HasSuffix(f.File, "_test.go") {
		return true
	}
	for _, p := range []string{"preempt.", "signals.", "percpu.", "gpm.", "lock.", "lock/", "workqueue.", "internal/"} {
		if strings.HasPrefix(rest, p) {
			return false
		}
	}
	return true
}

func describe(f runtime.Frame) string { return fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line) }

// reportAtomic reports that the current task has blocked, or called Gosched,
// in the atomic section that has just ended. It could not be reported there:
// the runtime was in the middle of it.
func reportAtomic() {
	pcs, count := cpu.TakeAtomic()
	if pcs == nil {
		return
	}
	frames := runtime.CallersFrames(pcs)
	var stack strings.Builder
	culprit := ""
	for {
		f, more := frames.Next()
		if f.Function != "" {
			fmt.Fprintf(&stack, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
			if culprit == "" && outside(f) {
				culprit = describe(f)
			}
		}
		if !more {
			break
		}
	}
	raise(&Bug{What: "scheduling while atomic", Caller: culprit, Count: count &^ cpu.NoNeed, Stack: stack.String()})
}
