//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/gokern/gokern/internal/goport"
)

// Stacks for the watchdog. runtime.Stack stops the world, and that waits for the
// end of every atomic section: while there is one, all goroutines, the watchdog
// too, would stand still because somebody looked. So the stack of a task in such
// a section comes from its CPU itself, by an interrupt.

// answerWithin is how long a CPU's thread has to answer: Linux may run others.
const answerWithin = time.Second

// stack returns where c is now; "" if it does not answer. C code, which the race
// detector is, has no frames to follow: then it asks again.
func (c *vcpu) stack() string {
	var pcs []uintptr
	for tries := 0; tries < 100 && len(pcs) < 2; tries++ {
		if pcs = goport.Backtrace(&c.Block, int32(c.thread()), answerWithin); len(pcs) == 0 {
			return ""
		}
	}
	var b strings.Builder
	frames := runtime.CallersFrames(pcs)
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function != "" {
			fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
	}
	return b.String()
}

// atomic reports whether some CPU runs an atomic section.
func (k *Kernel) atomic() bool {
	for _, c := range k.cpus {
		if s := c.sample(); s.atomic() && !s.stalled {
			return true
		}
	}
	return false
}

// stackOf returns the stack of the goroutine with that number, from a dump of all.
func stackOf(goid uint64) string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	head := fmt.Appendf(nil, "goroutine %d ", goid)
	for _, one := range bytes.Split(buf, []byte("\n\n")) {
		if bytes.HasPrefix(one, head) {
			return string(one)
		}
	}
	return ""
}
